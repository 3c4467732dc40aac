"""Two formulations compared: run, judge, explain, report."""
