"""What people can do about their account."""

from __future__ import annotations

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User


def sign_up(*, username: str, password: str) -> User:
    """Make an account; raise ValidationError by field for a name that is taken or a weak password."""
    user = User(username=username)
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error
    user.set_password(password)
    user.full_clean()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        # Somebody took the name between the check and this.
        raise ValidationError({"username": ["A user with that username already exists."]}) from error
    return user
