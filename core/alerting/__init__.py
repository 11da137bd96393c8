"""How an alert lives: who is told what, when, by which means and why. Pure functions, frozen values."""
