"""Operating system services: streams, interrupts, memory, folders."""
