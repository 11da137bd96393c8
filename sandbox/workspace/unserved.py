"""Slack's methods that this workspace does not serve, so that it can say so."""

_BY_FAMILY = {
    "apps": "uninstall",
    "apps.activities": "list",
    "apps.auth.external": "delete get",
    "apps.datastore": "bulkDelete bulkGet bulkPut count delete get put query update",
    "apps.event.authorizations": "list",
    "apps.icon": "set",
    "apps.manifest": "create delete export update validate",
    "apps.user.connection": "update",
    "assistant.search": "context info",
    "assistant.threads": "setStatus setSuggestedPrompts setTitle",
    "auth": "revoke",
    "auth.teams": "list",
    "calls": "add end info update",
    "calls.participants": "add remove",
    "canvases": "create delete edit",
    "canvases.access": "delete set",
    "canvases.sections": "lookup",
    "channels": (
        "archive create history info invite join kick leave list mark rename replies "
        "setPurpose setTopic unarchive"
    ),
    "chat": "appendStream startStream stopStream unfurl",
    "conversations": (
        "acceptSharedInvite approveSharedInvite declineSharedInvite inviteShared "
        "listConnectInvites unarchive"
    ),
    "conversations.canvases": "create",
    "conversations.externalInvitePermissions": "set",
    "conversations.requestSharedInvite": "approve deny list",
    "developer.apps.owners": "add list remove",
    "dialog": "open",
    "dnd": "endDnd endSnooze setSnooze teamInfo",
    "entity": "presentDetails",
    "files": "revokePublicURL sharedPublicURL upload",
    "files.comments": "add delete edit",
    "files.remote": "add info list remove share update",
    "functions": "completeError completeSuccess",
    "functions.distributions.permissions": "add list remove set",
    "functions.workflows.steps": "list",
    "functions.workflows.steps.responses": "export",
    "groups": (
        "archive close create createChild history info invite kick leave list mark open "
        "rename replies setPurpose setTopic unarchive"
    ),
    "im": "close history list mark open replies",
    "migration": "exchange",
    "mpim": "close history list mark open",
    "oauth": "access",
    "oauth.v2": "access exchange",
    "oauth.v2.user": "access",
    "openid.connect": "token userInfo",
    "presence": "set",
    "reactions": "list",
    "reminders": "add complete delete info list",
    "rtm": "connect start",
    "search": "all files messages",
    "slackLists": "create update",
    "slackLists.access": "delete set",
    "slackLists.download": "get start",
    "slackLists.items": "create delete deleteMultiple info list update",
    "stars": "add list remove",
    "team": "accessLogs billableInfo integrationLogs",
    "team.billing": "info",
    "team.externalTeams": "disconnect list",
    "team.preferences": "list",
    "team.profile": "get",
    "tooling.tokens": "rotate",
    "users": "deletePhoto identity setActive setPhoto setPresence",
    "users.discoverableContacts": "lookup",
    "users.profile": "get set",
    "workflows.featured": "add list remove set",
    "workflows.triggers.permissions": "add list remove set",
}
UNSERVED = frozenset(
    f"{family}.{name}" for family, names in _BY_FAMILY.items() for name in names.split()
)

_RETIRED = ("channels.", "groups.", "im.", "mpim.", "files.upload")


def is_retired(method: str) -> bool:
    """Slack itself answers these no longer."""
    return method in UNSERVED and method.startswith(_RETIRED)


def is_slacks(method: str) -> bool:
    """Administration is a world of its own: all of it is known and none of it served."""
    return method in UNSERVED or method.startswith("admin.")
