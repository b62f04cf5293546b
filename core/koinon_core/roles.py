"""Role names: paths like ``eng/web`` that own resources, quota and a share of the cluster."""

DEFAULT_ROLE = "*"


def find_role_problem(role: str) -> str | None:
    """Say in a whole sentence of Mesos's what is wrong with a role name, or None (mesos-semantics 2)."""
    if not role:
        return "Role names cannot be the empty string"
    if role == DEFAULT_ROLE:
        return None
    if role.startswith("/"):
        return f"Role '{role}' cannot start with a slash"
    if role.endswith("/"):
        return f"Role '{role}' cannot end with a slash"
    if "//" in role:
        return f"Role '{role}' cannot contain two adjacent slashes"
    for component in role.split("/"):
        if component in (".", "..", DEFAULT_ROLE):
            return f"Role '{role}' cannot include '{component}' as a component"
        if component.startswith("-"):
            return f"Role component '{component}' is invalid because it starts with a dash"
        if "\0" in component:
            return f"Role component {component!r} is invalid because it contains NUL"
        if any(character.isspace() or character in "\x08\x7f" for character in component):
            return f"Role component '{component}' is invalid because it contains backspace or whitespace"
    return None


def is_within(role: str, ancestor: str) -> bool:
    """Whether ``role`` is ``ancestor`` or lies beneath it: a reservation serves its role and all descendants."""
    return role == ancestor or role.startswith(f"{ancestor}/")
