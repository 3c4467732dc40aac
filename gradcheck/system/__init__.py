"""What the operating system has: streams, interrupts, memory, folders."""
