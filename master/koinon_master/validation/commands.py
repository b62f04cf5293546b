"""What makes a command invalid: its environment and the secrets in it (mesos-v1-api 4.3). The texts are Mesos's."""

from __future__ import annotations

from koinon_core.containers import CommandInfo, Environment, EnvironmentVariable, EnvironmentVariableType
from koinon_core.secret import Secret, SecretType


def find_command_problem(command: CommandInfo) -> str | None:
    """The first thing that is wrong with a command by itself, or None. One without a value is no mistake: an image
    may have an entry point.
    """
    return None if command.environment is None else _find_environment_problem(command.environment)


def _find_environment_problem(environment: Environment) -> str | None:
    for variable in environment.variables:
        problem = _find_variable_problem(variable)
        if problem is not None:
            return problem
    return None


def _find_variable_problem(variable: EnvironmentVariable) -> str | None:
    if variable.type is EnvironmentVariableType.UNKNOWN:
        return "Environment variable of type 'UNKNOWN' is not allowed"
    who = f"Environment variable '{variable.name}'"
    if variable.type is EnvironmentVariableType.VALUE:
        if variable.value is None:
            return f"{who} of type 'VALUE' must have a value set"
        return None if variable.secret is None else f"{who} of type 'VALUE' must not have a secret set"
    if variable.secret is None:
        return f"{who} of type 'SECRET' must have a secret set"
    if variable.value is not None:
        return f"{who} of type 'SECRET' must not have a value set"
    problem = find_secret_problem(variable.secret)
    if problem is not None:
        return f"{who} specifies an invalid secret: {problem}"
    if variable.secret.value is not None and b"\0" in variable.secret.value.data:
        return f"{who} specifies a secret containing null bytes, which is not allowed in the environment"
    return None


def find_secret_problem(secret: Secret) -> str | None:
    """What is wrong with a secret, or None: it holds what its type says, and that alone."""
    if secret.type is SecretType.REFERENCE:
        if secret.reference is None:
            return "Secret of type REFERENCE must have the 'reference' field set"
        if secret.value is not None:
            return f"Secret '{secret.reference.name}' of type REFERENCE must not have the 'value' field set"
    if secret.type is SecretType.VALUE:
        if secret.value is None:
            return "Secret of type VALUE must have the 'value' field set"
        if secret.reference is not None:
            return "Secret of type VALUE must not have the 'reference' field set"
    return None
