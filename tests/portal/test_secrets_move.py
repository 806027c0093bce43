"""`manage.py move_secrets`: from one store to the other, at any moment wholly in one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from botocore.exceptions import ClientError
from django.core.management import CommandError, call_command
from pytest_django import Settings

from portal.connections.models import IN_THE_DATABASE, Connection, Credentials
from portal.connections.secrets import IN_SECRETS_MANAGER, secret_store
from portal.connections.secrets_aws import secret_name
from portal.connections.selectors import credentials_set_at
from portal.connections.services import create_connection
from portal.connections.uses import uses_of
from portal.lib.errors import Refused
from portal.tenants.models import Tenant
from tests.portal.aws_cast import Door, secrets_in_aws
from tests.portal.conftest import NOW
from tests.simulators.aws import AwsServer

OF_TILLS = {"api_key": "alster-key", "api_secret": "alster-secret-ä"}
OF_SHOP = {"api_key": "shop-key"}

pytestmark = pytest.mark.usefixtures("every_tenant", "door")


@pytest.fixture
def door(aws: AwsServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    with secrets_in_aws(aws, settings, monkeypatch) as opened:
        yield opened


@pytest.fixture
def secrets(aws: AwsServer) -> Any:
    return aws.client("secretsmanager")


@pytest.fixture
def shop(other_retailer: Tenant) -> Connection:
    return create_connection(tenant=other_retailer, connector="prohandel", name="shop")


@pytest.fixture
def both(tills: Connection, shop: Connection, settings: Settings) -> list[Connection]:
    """Two connections with credentials in the database; new ones go to AWS from now on."""
    settings.SECRET_STORE = IN_THE_DATABASE
    put(tills, OF_TILLS)
    put(shop, OF_SHOP)
    settings.SECRET_STORE = IN_SECRETS_MANAGER
    return [tills, shop]


def put(connection: Connection, values: dict[str, str]) -> None:
    secret_store().put(connection=connection, values=values, at=NOW, by=None)


def held(connections: list[Connection]) -> list[dict[str, str]]:
    return [secret_store().get(connection=each) for each in connections]


def stores(connections: list[Connection]) -> list[str]:
    return [Credentials.objects.get(connection=each).store for each in connections]


def move(to: str = IN_SECRETS_MANAGER) -> dict[str, Any]:
    out = StringIO()
    call_command("move_secrets", "--to", to, "--json", stdout=out)
    said: dict[str, Any] = json.loads(out.getvalue())
    return said


def is_in_aws(connection: Connection, secrets: Any) -> bool:
    try:
        found = secrets.describe_secret(SecretId=secret_name(connection))
    except ClientError:
        return False
    return "DeletedDate" not in found


def test_another_setting_loses_nothing(both: list[Connection]) -> None:
    assert held(both) == [OF_TILLS, OF_SHOP]
    assert stores(both) == [IN_THE_DATABASE, IN_THE_DATABASE]


def test_everything_moves_and_is_the_same_afterwards(both: list[Connection], secrets: Any) -> None:
    said = move()

    assert sorted(said["moved"]) == ["alsterhaus-mode/tills", "chiemsee-sport/shop"]
    assert stores(both) == [IN_SECRETS_MANAGER, IN_SECRETS_MANAGER]
    assert held(both) == [OF_TILLS, OF_SHOP]
    assert all(is_in_aws(each, secrets) for each in both)


def test_nothing_of_the_old_store_is_left(both: list[Connection]) -> None:
    versions = [Credentials.objects.get(connection=each).ciphertext for each in both]

    move()

    rows = [Credentials.objects.get(connection=each) for each in both]
    assert [row.left_in for row in rows] == ["", ""]
    assert not {bytes(row.ciphertext) for row in rows} & {bytes(each) for each in versions}


def test_moving_twice_moves_nothing_twice(both: list[Connection], door: Door) -> None:
    move()
    door.seen.clear()

    said = move()

    assert (said["moved"], said["were_there"]) == ([], 2)
    assert door.seen == []


def test_a_moved_test_result_still_holds(both: list[Connection]) -> None:
    move()

    assert credentials_set_at(both[0]) == NOW
    assert [use.act for use in uses_of(both[0])] == ["MOVED", "SET"]


def test_the_way_back_takes_the_secrets_out_of_aws(both: list[Connection], secrets: Any) -> None:
    move()

    move(to=IN_THE_DATABASE)

    assert held(both) == [OF_TILLS, OF_SHOP]
    assert stores(both) == [IN_THE_DATABASE, IN_THE_DATABASE]
    assert not any(is_in_aws(each, secrets) for each in both)


def test_a_move_that_died_before_the_row_was_written_begins_anew(
    both: list[Connection], door: Door, secrets: Any
) -> None:
    door.refuse("GetSecretValue", code="SomethingNobodyExpected")
    with pytest.raises(ClientError):
        move()
    half_way = (is_in_aws(both[0], secrets), stores(both)[0], held(both))

    door.refusals.clear()
    move()

    assert half_way == (True, IN_THE_DATABASE, [OF_TILLS, OF_SHOP])
    assert held(both) == [OF_TILLS, OF_SHOP]
    assert stores(both) == [IN_SECRETS_MANAGER, IN_SECRETS_MANAGER]


def test_a_move_that_died_before_the_old_copy_was_gone_removes_it_later(
    both: list[Connection], secrets: Any, door: Door
) -> None:
    move()
    door.refuse("DeleteSecret", code="SomethingNobodyExpected")
    with pytest.raises(ClientError):
        move(to=IN_THE_DATABASE)
    half_way = (stores(both)[0], held(both), is_in_aws(both[0], secrets))

    door.refusals.clear()
    move(to=IN_THE_DATABASE)

    assert half_way == (IN_THE_DATABASE, [OF_TILLS, OF_SHOP], True)
    assert not any(is_in_aws(each, secrets) for each in both)
    assert held(both) == [OF_TILLS, OF_SHOP]


def test_a_connection_that_goes_takes_a_copy_that_was_left_with_it(
    both: list[Connection], secrets: Any, door: Door
) -> None:
    move()
    door.refuse("DeleteSecret", code="SomethingNobodyExpected")
    with pytest.raises(ClientError):
        move(to=IN_THE_DATABASE)
    door.refusals.clear()

    secret_store().forget(connection=both[0])

    assert not is_in_aws(both[0], secrets)


def test_what_aws_refuses_stays_where_it_is_and_does_not_hold_up_the_others(
    both: list[Connection], door: Door
) -> None:
    door.refuse("CreateSecret")

    with pytest.raises(CommandError) as failed:
        move()

    assert str(failed.value).count("AWS does not let the portal use") == 2
    assert held(both) == [OF_TILLS, OF_SHOP]
    assert stores(both) == [IN_THE_DATABASE, IN_THE_DATABASE]


def test_credentials_that_are_entered_after_the_switch_are_not_overwritten(
    both: list[Connection],
) -> None:
    put(both[0], {"api_key": "newer"})

    said = move()

    assert (said["moved"], said["were_there"]) == (["chiemsee-sport/shop"], 1)
    assert held(both) == [{"api_key": "newer"}, OF_SHOP]


@pytest.mark.django_db(transaction=True)
def test_entering_others_takes_the_old_ones_out_of_the_store_they_were_in(
    both: list[Connection], secrets: Any, settings: Settings
) -> None:
    move()
    settings.SECRET_STORE = IN_THE_DATABASE

    put(both[0], {"api_key": "newer"})

    assert held(both) == [{"api_key": "newer"}, OF_SHOP]
    assert [is_in_aws(each, secrets) for each in both] == [False, True]


@pytest.mark.usefixtures("both")
def test_who_forgot_the_setting_is_told(settings: Settings) -> None:
    settings.SECRET_STORE, said = IN_THE_DATABASE, StringIO()

    call_command("move_secrets", "--to", IN_SECRETS_MANAGER, stdout=StringIO(), stderr=said)

    assert "what is entered from now on goes there" in said.getvalue()


@pytest.mark.parametrize("path", ["os.system", "portal.connections.secrets.Keeper", "x"])
def test_a_class_that_is_no_store_is_refused(both: list[Connection], path: str) -> None:
    with pytest.raises(CommandError, match="is no store of credentials"):
        move(to=path)

    assert stores(both) == [IN_THE_DATABASE, IN_THE_DATABASE]


def test_nobody_can_move_to_a_store_that_is_not_there(
    tills: Connection, settings: Settings
) -> None:
    settings.SECRET_STORE = "portal.connections.nowhere.Store"

    with pytest.raises(Refused, match="Correct MERCURIOS_SECRET_STORE"):
        put(tills, OF_TILLS)


def test_moving_asks_aws_for_no_more_than_it_needs(both: list[Connection], door: Door) -> None:
    move()

    actions = ["DescribeSecret", "CreateSecret", "GetSecretValue", "PutSecretValue"]
    assert [door.asked(action) for action in actions] == [2, 2, 2, 0]
