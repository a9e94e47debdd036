"""What an action of the pack does: plan, announce, withdraw and the like."""
