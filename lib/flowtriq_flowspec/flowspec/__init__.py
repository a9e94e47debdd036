"""A FlowSpec rule: match, actions, NLRI, and ExaBGP's command for it."""
