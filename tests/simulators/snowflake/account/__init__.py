"""A small model of a Snowflake account: what it holds, what it refuses, who may do what.

It knows the documented rules and nothing of whoever sends the statements, so that it can judge
them. An Enterprise account: masking, row access policies and ninety days of time travel exist.

What it does not know: shares, database roles, masks by tag, network rules, editions, and time.
Warehouses fall asleep and months begin when a test says so. A statement on data that sqlglot
cannot read is left to the engine unchecked.
"""

from tests.simulators.snowflake.account.account import Account
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.errors import AccountError

__all__ = ["Account", "AccountError", "Answer"]
