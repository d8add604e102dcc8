"""Speed against peers and limits: every module is a command that prints its ratios."""
