"""What may be announced: guardrails, budgets, what routers can hold."""
