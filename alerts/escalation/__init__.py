"""`perps-bot escalation …`: what escalation.yaml would do, to whom, by what means and at which second."""
