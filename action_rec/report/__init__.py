"""One page of HTML on what a network recognizes and what it does not."""
