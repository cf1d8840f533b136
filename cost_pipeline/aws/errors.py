"""What AWS refuses or fails to do → one sentence that says what is wrong and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)
from botocore.parsers import ResponseParserError

Fault = Literal[
    "denied", "no_bucket", "gone", "credentials", "unreachable", "throttled", "invalid", "other"
]

_BROKEN_CONNECTIONS = (
    EndpointConnectionError,
    HTTPClientError,
    ConnectionError,
    IncompleteReadError,
    ResponseParserError,
)
AWS_FAILURES = (ClientError, BotoCoreError, ResponseParserError)
"""What boto3 raises when a call fails: refused, not sent, or answered with something else."""
_DENIED = {"AccessDenied", "AccessDeniedException", "403", "Forbidden", "UnauthorizedOperation"}
_CREDENTIALS = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
}
_CLOCK_CODES = {"RequestTimeTooSkewed", "RequestExpired"}
_CLOCK_MENDING = (
    "the clock of this machine is off ({code}): AWS refuses calls that are more than minutes from "
    "its own. Synchronise it (chronyc makestep, or timedatectl set-ntp true)."
)
"""What to do where AWS refuses a call for the time that it states."""
NO_CREDENTIALS = "NoCredentialsError"
"""The code of a call that is not even made."""
NO_CREDENTIALS_FINDING = "there are no AWS credentials on this machine"
NO_CREDENTIALS_MEND = (
    "Give it some, as for the AWS command line: AWS_PROFILE, AWS_ACCESS_KEY_ID with "
    "AWS_SECRET_ACCESS_KEY, or an instance role."
)
_THROTTLED = {
    "RequestLimitExceeded",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
_UNREACHABLE = {"InternalError", "InternalFailure", "ServiceUnavailable", "500", "502", "503"}


class AwsError(Exception):
    """A call that AWS did not answer as hoped; the message is meant for a person.

    `fault` says which kind, `code` is AWS's own word for it.
    """

    def __init__(self, message: str, fault: Fault, code: str = "") -> None:
        super().__init__(message)
        self.fault: Fault = fault
        self.code = code

    @property
    def concerns_all(self) -> bool:
        """Whether whatever else is asked of the same place would fail as well."""
        return self.passing or self.fault in ("credentials", "no_bucket")

    @property
    def passing(self) -> bool:
        """Whether the same call may succeed later without anybody doing anything."""
        return self.fault in ("unreachable", "throttled")


def code_of(error: Exception) -> str:
    """AWS's code of an error, or the exception's name.

    >>> code_of(ValueError("x"))
    'ValueError'
    """
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__


def fault_of(error: Exception) -> Fault:
    """Sort an error of boto3 into the kinds that need different treatment."""
    if isinstance(error, ClientError):
        return _fault_of_code(code_of(error))
    if isinstance(
        error,
        NoCredentialsError | PartialCredentialsError | CredentialRetrievalError | ProfileNotFound,
    ):
        return "credentials"
    if isinstance(error, _BROKEN_CONNECTIONS):
        return "unreachable"
    return "invalid" if isinstance(error, BotoCoreError) else "other"


def told(error: Exception, fault: Fault, mending: Mapping[Fault, str], **names: str) -> str:
    """What is wrong and how to mend it: what fits any call, or else what `mending` says of a fault.

    `names` are written into its sentence, beside `code` and `error`.

    >>> told(ValueError("no"), "other", {}), told(NoCredentialsError(), "credentials", {})[:30]
    ('AWS said: no', 'there are no AWS credentials o')
    """
    code = code_of(error)
    if code in _CLOCK_CODES:
        return _CLOCK_MENDING.format(code=code)
    if code == NO_CREDENTIALS:
        return f"{NO_CREDENTIALS_FINDING}. {NO_CREDENTIALS_MEND}"
    return mending.get(fault, "AWS said: {error}").format(code=code, error=error, **names)


def _fault_of_code(code: str) -> Fault:
    if code in ("NoSuchBucket", "PermanentRedirect"):
        return "no_bucket"
    if code in ("NoSuchKey", "404", "NotFound"):
        return "gone"
    for codes, fault in _FAULTS:
        if code in codes:
            return fault
    return "other"


_FAULTS: tuple[tuple[set[str], Fault], ...] = (
    (_DENIED, "denied"),
    (_CREDENTIALS, "credentials"),
    (_THROTTLED, "throttled"),
    (_UNREACHABLE, "unreachable"),
)
