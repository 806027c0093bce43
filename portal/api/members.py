"""The people with access to a tenant's pages."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.describing import described
from portal.api.inputs import StrictSerializer, from_body, from_query
from portal.api.paging import PageQuery, page_of, paged
from portal.api.views import TenantView
from portal.tenants import people, selectors, services
from portal.tenants.models import Member


class MemberOutput(serializers.Serializer[Any]):
    """Without the address: whoever knows a user name could learn it by making a member of it."""

    user = serializers.CharField(source="user.username")
    role = serializers.ChoiceField(choices=Member.Role.choices)
    created_at = serializers.DateTimeField()


class MembersApi(TenantView):
    scopes = {"GET": "read", "POST": "write"}

    class InputSerializer(StrictSerializer):
        user = serializers.CharField(max_length=254, help_text="User name or e-mail address.")
        role = serializers.ChoiceField(choices=Member.Role.choices, default=Member.Role.VIEWER)

    @described(parameters=[PageQuery], responses=page_of(MemberOutput, "Member"))
    def get(self, request: Request, tenant: str) -> Response:
        """List the members, the first to join first."""
        query = from_query(PageQuery, request)
        return paged(selectors.members_of(self.tenant), query=query, form=MemberOutput)

    @described(request=InputSerializer, responses={201: MemberOutput})
    def post(self, request: Request, tenant: str) -> Response:
        """Make a person with an account a member; of one who is already, change the role."""
        asked = from_body(self.InputSerializer, request)
        person = people.person_named(asked["user"])
        member = services.add_member(tenant=self.tenant, user=person, role=asked["role"])
        return Response(MemberOutput(member).data, status=201)


class MemberApi(TenantView):
    scopes = {"PATCH": "write", "DELETE": "write"}

    class InputSerializer(StrictSerializer):
        role = serializers.ChoiceField(choices=Member.Role.choices)

    @described(request=InputSerializer, responses=MemberOutput)
    def patch(self, request: Request, tenant: str, user: str) -> Response:
        """Change what a member may do."""
        member = self._member(user)
        asked = from_body(self.InputSerializer, request)
        changed = services.add_member(tenant=self.tenant, user=member.user, role=asked["role"])
        return Response(MemberOutput(changed).data)

    @described(responses={204: None})
    def delete(self, request: Request, tenant: str, user: str) -> Response:
        """Take a person's access away, from the next request on."""
        services.remove_member(member=self._member(user))
        return Response(status=204)

    def _member(self, user: str) -> Member:
        # A zero byte would be an error of the database.
        found = None if "\0" in user else people.member_named(tenant=self.tenant, username=user)
        if found is None:
            raise Http404
        return found
