"""Asks an account what it holds: SHOW and DESCRIBE, and one SELECT of the mapping."""

from __future__ import annotations

import re
from typing import Any

from flows.provision import statements
from flows.provision.account import Account, AccountFailure, PrivilegeMissing
from flows.provision.actual import Actual, Guard, SchemaState, UserState, ViewState, WarehouseState
from flows.provision.desired import Desired, MappingRow, Monitor, Schema
from flows.provision.names import (
    ACCOUNT_ADMIN,
    ADMIN,
    MAPPING,
    NETWORK_POLICY,
    TASK_WH,
    text,
)
from flows.provision.permissions import SNOWFLAKE, Grant, Reach, RoleGrant

Row = dict[str, Any]
LISTED = 10_000


class TooMany(AccountFailure):
    """A list is longer than Snowflake gives."""


def read(account: Account, wanted: Desired, *, whole: bool) -> Actual:
    """
    :param whole: with what only the account's administrator may see
    :raises AccountFailure: if the user may not use the role that this needs
    """
    return _Reader(account, wanted).read(whole=whole)


class _Reader:
    def __init__(self, account: Account, wanted: Desired) -> None:
        self.account = account
        self.wanted = wanted
        self.found = Actual()

    def read(self, *, whole: bool) -> Actual:
        self.account.run(statements.use_role(ACCOUNT_ADMIN if whole else ADMIN))
        self.found.roles = {row["name"]: row["owner"] for row in self.ask("SHOW ROLES")}
        if whole:
            self._monitors()
            self._network()
            self._grants_of_admin()
        self.found.inside = ADMIN in self.found.roles and self._enters(whole=whole)
        if self.found.inside:
            self._warehouses()
            self._users()
            self._database()
            self._grants()
        return self.found

    def ask(self, sql: str) -> list[Row]:
        rows = [
            {key.lower(): value for key, value in row.items()} for row in self.account.rows(sql)
        ]
        if len(rows) >= LISTED:
            raise TooMany(f"Snowflake gives no list longer than {LISTED}: {sql}")
        return rows

    def _enters(self, *, whole: bool) -> bool:
        try:
            self.account.run(statements.use_role(ADMIN))
        except PrivilegeMissing:
            if not whole:
                raise
            return False  # a step of the account's administrator will open it
        return True

    def _monitors(self) -> None:
        self.found.monitors = {
            row["name"]: Monitor(
                name=row["name"],
                credits=int(float(row["credit_quota"] or 0)),
                notify=_percents(row["notify_at"]),
                suspend=_percents(row["suspend_at"]),
                suspend_at_once=_percents(row["suspend_immediately_at"]),
                frequency=row["frequency"],
            )
            for row in self.ask("SHOW RESOURCE MONITORS")
        }

    def _network(self) -> None:
        if self.wanted.network is None:
            return
        names = {row["name"] for row in self.ask("SHOW NETWORK POLICIES")}
        self.found.network = ()
        if NETWORK_POLICY in names:
            lists = {
                row["name"]: row["value"]
                for row in self.ask(f"DESCRIBE NETWORK POLICY {NETWORK_POLICY}")
            }
            said = str(lists.get("ALLOWED_IP_LIST") or "")
            self.found.network = tuple(sorted(each for each in said.split(",") if each))

    def _grants_of_admin(self) -> None:
        if ADMIN in self.found.roles:
            self._grants_to(ADMIN)
            self._receivers_of(ADMIN)

    def _warehouses(self) -> None:
        for row in self.ask("SHOW WAREHOUSES"):
            monitor = row.get("resource_monitor")
            self.found.warehouses[row["name"]] = WarehouseState(
                owner=row["owner"],
                size=_size(str(row["size"])),
                suspend_seconds=_number(row["auto_suspend"]),
                resumes=_is_true(row["auto_resume"]),
                max_clusters=_number(row.get("max_cluster_count")) or 1,
                monitor=None if monitor in (None, "", "null") else monitor,
                state=row["state"],
            )

    def _users(self) -> None:
        for user in self.wanted.users:
            for row in self.ask(f"SHOW USERS LIKE {text(user.name)}"):
                if row["name"] == user.name:
                    self.found.users[user.name] = UserState(
                        owner=row["owner"] or "",
                        default_role=row["default_role"] or "",
                        default_warehouse=row["default_warehouse"] or "",
                        has_secondary_roles="ALL" in str(row["default_secondary_roles"] or "ALL"),
                        network_policy=self._network_policy_of(user.name),
                    )

    def _network_policy_of(self, user: str) -> str | None:
        if self.wanted.network is None:
            return None
        rows = self.ask(f"SHOW PARAMETERS LIKE 'NETWORK_POLICY' IN USER {user}")
        return next((row["value"] for row in rows), None)

    def _database(self) -> None:
        base = self.wanted.database
        self.found.databases = {row["name"]: row["owner"] for row in self.ask("SHOW DATABASES")}
        if base not in self.found.databases:
            return
        ours = {schema.name for schema in self.wanted.schemas}
        for row in self.ask(f"SHOW SCHEMAS IN DATABASE {base}"):
            if row["name"].startswith("TENANT_") or row["name"] in ours:
                self.found.schemas[row["name"]] = _schema(row)
        for name in sorted(ours & self.found.schemas.keys()):
            self._objects(name)
        if "ADMIN" in self.found.schemas:
            self._administration()

    def _objects(self, schema: str) -> None:
        where = f"{self.wanted.database}.{schema}"
        views = self.ask(f"SHOW VIEWS IN SCHEMA {where}")
        tables = self.ask(f"SHOW TABLES IN SCHEMA {where}")
        self.found.views[schema] = frozenset(row["name"] for row in views)
        self.found.tables[schema] = frozenset(row["name"] for row in tables)
        if schema == "ANALYTICS":
            self.found.shared_views = {
                row["name"]: ViewState(
                    owner=row["owner"] or "",
                    text=row["text"] or "",
                    comment=row["comment"] or "",
                    is_secure=_is_true(row["is_secure"]),
                )
                for row in views
            }

    def _administration(self) -> None:
        where = f"{self.wanted.database}.ADMIN"
        for kind, plural in (
            ("ROW ACCESS POLICY", "ROW ACCESS POLICIES"),
            ("MASKING POLICY", "MASKING POLICIES"),
        ):
            for row in self.ask(f"SHOW {plural} IN SCHEMA {where}"):
                name = f"{where}.{row['name']}"
                if name in {each.name for each in self.wanted.policies}:
                    told = self.ask(f"DESCRIBE {kind} {name}")
                    self.found.policies[name] = str(told[0]["body"])
        self.found.has_mapping = MAPPING in self.found.tables["ADMIN"]
        if TASK_WH in self.found.warehouses:
            self.account.run(statements.use_warehouse(TASK_WH))
            self._mapping(where)
            self._guards()

    def _mapping(self, where: str) -> None:
        if self.found.has_mapping:
            rows = self.ask(f"SELECT ROLE_NAME, TENANT_ID FROM {where}.{MAPPING}")
            self.found.mapping = frozenset(MappingRow(r["role_name"], r["tenant_id"]) for r in rows)

    def _guards(self) -> None:
        """Which policies are on which shared views: SHOW VIEWS does not say."""
        for policy in self.found.policies:
            rows = self.ask(
                "SELECT REF_SCHEMA_NAME, REF_ENTITY_NAME, REF_COLUMN_NAME"
                f" FROM TABLE({self.wanted.database}.INFORMATION_SCHEMA.POLICY_REFERENCES("
                f"POLICY_NAME => {text(policy)}))"
            )
            self.found.guards |= {
                Guard(policy, row["ref_entity_name"], row["ref_column_name"] or "")
                for row in rows
                if row["ref_schema_name"] == "ANALYTICS"
            }

    def _grants(self) -> None:
        base, roles = self.wanted.database, self.found.roles
        for role in (ADMIN, *self.wanted.roles):
            if role in roles:
                self._grants_to(role)
                self._receivers_of(role)
        self._grants_to("PUBLIC")
        for warehouse in self.wanted.warehouses:
            if warehouse.name in self.found.warehouses:
                self._grants_on("WAREHOUSE", warehouse.name)
        if base in self.found.databases:
            self._grants_inside(base)

    def _grants_inside(self, base: str) -> None:
        self._grants_on("DATABASE", base)
        self._futures(f"DATABASE {base}")
        for schema in self.wanted.schemas:
            if schema.name in self.found.schemas:
                self._grants_on("SCHEMA", f"{base}.{schema.name}")
                self._futures(f"SCHEMA {base}.{schema.name}")
        for view in self.wanted.published:
            if view.name in self.found.shared_views:
                self._grants_on("VIEW", f"{base}.ANALYTICS.{view.name}")
        if self.found.has_mapping:
            self._grants_on("TABLE", f"{base}.ADMIN.{MAPPING}")

    def _grants_to(self, role: str) -> None:
        for row in self.ask(f"SHOW GRANTS TO ROLE {role}"):
            self._add_grant(row, role)

    def _grants_on(self, kind: str, name: str) -> None:
        for row in self.ask(f"SHOW GRANTS ON {kind} {name}"):
            if row["granted_to"] == "ROLE":
                self._add_grant(row, row["grantee_name"])

    def _add_grant(self, row: Row, role: str) -> None:
        kind = row["granted_on"].replace("_", " ")
        name = "" if kind == "ACCOUNT" else statements.normal(row["name"])
        privilege = row["privilege"]
        if kind == "DATABASE" and name == SNOWFLAKE and privilege == "USAGE":
            privilege = "IMPORTED PRIVILEGES"  # how they were granted
        if kind != "ROLE" and privilege != "OWNERSHIP":
            self.found.grants.add(Grant(role, privilege, kind, name))

    def _futures(self, where: str) -> None:
        scope = where.partition(" ")[2]
        for row in self.ask(f"SHOW FUTURE GRANTS IN {where}"):
            if row.get("grant_to", "ROLE") == "ROLE":
                kind = row["grant_on"].replace("_", " ")
                self.found.futures.add(Reach(row["grantee_name"], row["privilege"], kind, scope))

    def _receivers_of(self, role: str) -> None:
        for row in self.ask(f"SHOW GRANTS OF ROLE {role}"):
            if row["granted_to"] in ("ROLE", "USER"):
                self.found.role_grants.add(RoleGrant(role, row["granted_to"], row["grantee_name"]))


def _schema(row: Row) -> SchemaState:
    options = str(row.get("options") or "")
    schema = Schema(row["name"], _number(row["retention_time"]) or 0, "TRANSIENT" in options)
    return SchemaState(schema, row["owner"] or "", "MANAGED ACCESS" in options)


def _size(told: str) -> str:
    """As it is written in a statement: Snowflake shows `2X-Large` for XXLARGE."""
    return told.upper().replace("-", "").replace("2X", "XX")


def _percents(told: Any) -> tuple[int, ...]:
    return tuple(sorted(int(each) for each in re.findall(r"[0-9]+", str(told or ""))))


def _number(told: Any) -> int | None:
    return int(told) if re.fullmatch(r"[0-9]+", str(told)) else None


def _is_true(told: Any) -> bool:
    return str(told).lower() in {"true", "y", "yes"}
