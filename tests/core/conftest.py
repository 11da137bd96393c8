"""The rules are tested by tables and by properties; neither touches a disk or a clock."""
