"""What plugins may do: what they asked for, what was granted, and the decision on each request."""
