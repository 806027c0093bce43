"""Tenants and members: what may be stored, and what is refused with which words."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError
from django_scopes import scope
from django_scopes.exceptions import ScopeError

from portal.connections.models import Connection
from portal.lib.errors import Refused
from portal.tenants.models import Member, Tenant
from portal.tenants.selectors import members_of, tenants_of
from portal.tenants.services import (
    add_member,
    create_tenant,
    remove_member,
    remove_tenant,
    update_tenant,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("slug", ["alster-mode", "a1", "x" * 40])
def test_a_plain_slug_is_taken(slug: str) -> None:
    assert create_tenant(slug=slug, name="Alster Mode").slug == slug


@pytest.mark.parametrize(
    "slug",
    [
        "",
        "x",
        "../x",
        'a";drop',
        "Alster",
        "1st",
        "-a",
        "a-",
        "a--b",
        "a b",
        "ä-mode",
        "alster\n",
        "x" * 41,
        "admin",
        "api",
        "static",
    ],
)
def test_any_other_slug_is_refused_and_nothing_is_stored(slug: str) -> None:
    with pytest.raises(Refused) as refused:
        create_tenant(slug=slug, name="Alster Mode")

    assert refused.value.field == "slug"
    assert not Tenant.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "  "),
        ("name", "x" * 121),
        ("name", "a\0b"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", ""),
        ("currency", "eur"),
        ("currency", "EURO"),
        ("country", "DEU"),
        ("country", "1A"),
    ],
)
def test_a_malformed_value_is_refused_on_its_field(field: str, value: str) -> None:
    tenant = create_tenant(slug="alster-mode", name="Alster Mode")
    values = {"slug": "other-mode", "name": "Other Mode", field: value}

    with pytest.raises(Refused) as at_first:
        create_tenant(**values)
    with pytest.raises(Refused) as afterwards:
        update_tenant(tenant=tenant, **{field: value})

    assert at_first.value.field == afterwards.value.field == field
    tenant.refresh_from_db()
    assert (tenant.name, tenant.time_zone) == ("Alster Mode", "Europe/Berlin")


def test_a_slug_is_given_once(retailer: Tenant) -> None:
    with pytest.raises(Refused, match="is taken"):
        create_tenant(slug=retailer.slug, name="Another")

    assert Tenant.objects.get() == retailer


@pytest.mark.parametrize("field", ["slug", "engine", "code"])
def test_what_data_hangs_on_never_changes(retailer: Tenant, field: str) -> None:
    with pytest.raises(Refused, match="cannot be changed"):
        update_tenant(tenant=retailer, **{field: "other"})


def test_the_database_keeps_the_slug_plain_as_well(retailer: Tenant) -> None:
    with pytest.raises(IntegrityError):
        Tenant.objects.filter(pk=retailer.pk).update(slug="../x")


def test_a_second_role_replaces_the_first(retailer: Tenant, bob: User) -> None:
    add_member(tenant=retailer, user=bob, role="ADMIN")

    assert [member.role for member in members_of(retailer)] == ["ADMIN"]


def test_a_role_that_does_not_exist_is_refused(retailer: Tenant, bob: User) -> None:
    with pytest.raises(Refused, match="VIEWER, ADMIN"):
        add_member(tenant=retailer, user=bob, role="OWNER")

    assert [member.role for member in members_of(retailer)] == ["VIEWER"]


def test_everybody_sees_their_own_tenants_and_staff_all(
    retailer: Tenant, other_retailer: Tenant, alice: User, charlie: User, olga: User
) -> None:
    assert list(tenants_of(alice)) == [retailer]
    assert list(tenants_of(charlie)) == [other_retailer]
    assert list(tenants_of(olga)) == [retailer, other_retailer]
    assert list(tenants_of(AnonymousUser())) == []


def test_a_member_who_left_sees_nothing(retailer: Tenant, alice: User) -> None:
    remove_member(member=members_of(retailer).get(user=alice))

    assert list(tenants_of(alice)) == []


def test_a_deactivated_member_sees_nothing(alice: User) -> None:
    alice.is_active = False
    alice.save()

    assert list(tenants_of(alice)) == []


def test_members_are_out_of_sight_without_a_tenant_in_scope(
    retailer: Tenant, other_retailer: Tenant, alice: User, charlie: User
) -> None:
    with pytest.raises(ScopeError):
        Member.objects.all().count()
    with scope(tenant=retailer):
        assert [member.user for member in Member.objects.all()] == [alice]
    with scope(tenant=other_retailer):
        assert [member.user for member in Member.objects.all()] == [charlie]


def test_a_tenant_with_connections_is_not_removed(retailer: Tenant, tills: Connection) -> None:
    with pytest.raises(Refused, match="still has the connection tills"):
        remove_tenant(tenant=retailer)

    assert tills.tenant == Tenant.objects.get()


def test_a_tenant_without_connections_goes_with_its_members(retailer: Tenant, bob: User) -> None:
    remove_tenant(tenant=retailer)

    assert not Tenant.objects.exists()
    assert list(tenants_of(bob)) == []
