"""The facade of a host in this process: what front ends see and do, over the parts of the host."""
