"""What columns are made of: money exact text, times microseconds of UTC, sizes whole contracts."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    Dialect,
    Integer,
    MetaData,
    Table,
    Text,
    TextClause,
    TypeDecorator,
    bindparam,
    text,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_us(moment: datetime) -> int:
    """Microseconds since 1970 of an aware time, exactly."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_us(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


class MoneyIsNotANumberInSQL(TypeError):
    """Money lies in the store as text; sums and comparisons belong in Decimal, in Python."""


class Money(TypeDecorator[Decimal]):
    """A Decimal kept as text. SQL arithmetic and comparison are refused, they would be text's."""

    impl = Text
    cache_ok = True

    class comparator_factory(TypeDecorator.Comparator[Decimal]):
        """Only IS NULL and assignment make sense on money in SQL."""

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            if getattr(op, "__name__", "") in {"is_", "is_not"}:
                return super().operate(op, *other, **kwargs)
            raise MoneyIsNotANumberInSQL(f"{getattr(op, '__name__', op)} on a money column")

        def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
            raise MoneyIsNotANumberInSQL(f"{getattr(op, '__name__', op)} on a money column")

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if not isinstance(value, Decimal) or not value.is_finite():
            raise TypeError(f"money must be a finite Decimal, not {value!r}")
        return format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        if value is not None and not isinstance(value, str):
            raise MoneyIsNotANumberInSQL(f"SQL made {value!r} of money; sum it up in Decimal")
        return None if value is None else Decimal(value)


class Moment(TypeDecorator[datetime]):
    """An aware UTC time kept as integer microseconds since 1970."""

    impl = BigInteger().with_variant(Integer(), "sqlite")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_us(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_us(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(column: Column[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """`column IN (…)` with the values written out: a partial index is not found by parameters."""
    return column.in_(
        bindparam(None, sorted(values), expanding=True, literal_execute=True, type_=Text())
    )


def spelled(value: str | int) -> BindParameter[Any]:
    """A value written out in the statement: a partial index is not found by parameters."""
    return bindparam(None, value, literal_execute=True)


def written(column: str, values: Iterable[str]) -> TextClause:
    """`column IN (…)` letter for letter as `one_of` writes it: else the index is not found."""
    listed = ", ".join(f"'{value}'" for value in sorted(values))
    return text(f"{column} IN ({listed})")


def table(name: str, *items: Any) -> Table:
    return Table(name, metadata, *items, sqlite_strict=True)


def text_column(name: str, **kwargs: Any) -> Column[str]:
    return Column(name, Text, nullable=kwargs.pop("nullable", False), **kwargs)


def integer(name: str, **kwargs: Any) -> Column[int]:
    return Column(name, Integer, nullable=kwargs.pop("nullable", False), **kwargs)


def money(name: str, **kwargs: Any) -> Column[Decimal]:
    return Column(name, Money, nullable=kwargs.pop("nullable", False), **kwargs)


def moment(name: str, **kwargs: Any) -> Column[datetime]:
    return Column(name, Moment, nullable=kwargs.pop("nullable", False), **kwargs)
