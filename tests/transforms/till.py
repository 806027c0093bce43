"""Records as a ProHandel till sends them: floats for numbers, '' for nothing, 0 for none."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]
NEVER = "1990-01-01T00:00:00"


def sale(id: str, *, changed: str, **said: Any) -> Record:
    day = said.pop("date", "2025-03-03")
    return {
        "id": id, "branchNumber": 1, "cashRegisterNumber": 1, "receiptNumber": 10000001,
        "receiptPosition": 1, "type": 0, "date": f"{day}T00:00:00", "time": 36141,
        "articleNumber": 100000001.0, "articleSizeNumber": 4012345678901.0, "quantity": 1.0,
        "salePrice": 119.0, "labelPrice": 119.0, "discount": 0.0, "deduction": 0.0,
        "staffDiscount": 0.0, "purchasePrice": 50.0, "customerNumber": 0, "staffNumber": 7,
        "cashierNumber": 7, "paymentOptionNumber": 1, "lastChange": changed, "isDeleted": False,
        "currencyNumber": "", "countryNumber": "", "priceChangeReasonNumber": 0,
        "returnReasonNumber": 0, "alternativeReceiptNumber": "",
    } | said  # fmt: skip


def article(id: str, *, changed: str, **said: Any) -> Record:
    return {
        "id": id, "number": 100000001.0, "supplierArticleNumber": "LINEN-7", "supplierNumber": 70,
        "categoryNumber": 10, "seasonNumber": 1, "price": 119.0, "labelPrice": 119.0,
        "calculatedPrice": 119.0, "purchasePrice": 50.0, "lastChange": changed,
        "isDeleted": False, "isActive": False, "isNOS": False, "firstPurchaseDate": NEVER,
        "lastPurchaseDate": "2025-02-01T00:00:00", "firstSaleDate": NEVER, "lastSaleDate": NEVER,
        "supplierColor": "blue", "currencyNumber": "EUR", "countryNumber": "D", "gender": 0,
    } | said  # fmt: skip


def category(id: str, *, changed: str, **said: Any) -> Record:
    return {
        "id": id, "number": 10, "name": "Shirts", "searchTerm": "SHIRTS", "departmentNumber": 1,
        "taxNumber": 1, "isServiceCategory": False, "lastChange": changed, "isDeleted": False,
    } | said  # fmt: skip


def branch(id: str, *, changed: str, **said: Any) -> Record:
    return {
        "id": id, "number": 1, "name1": "Alice am Markt", "city": "Ulm", "zipCode": "89073",
        "countryNumber": "D", "isActive": True, "isWebshop": False, "regionNumber": 0,
        "glN1": 4012345000009.0, "lastChange": changed, "isDeleted": False,
    } | said  # fmt: skip


def customer(id: str, *, changed: str, **said: Any) -> Record:
    return {
        "id": id, "number": 501, "creationDate": "2019-04-01T00:00:00", "isStaff": False,
        "isBusiness": False, "isLocked": False, "inactiveFlag": False, "hasCustomerCard": True,
        "branchNumber": 0, "revenue": 0.0, "discountPercent": 0.0, "mergedInto": None,
        "lastChange": changed, "isDeleted": False,
    } | said  # fmt: skip


def supplier(id: str, *, changed: str, **said: Any) -> Record:
    return {
        "id": id, "number": 70, "name1": "Leinen & Co", "searchTerm": "LEINEN", "isActive": True,
        "isEDI": False, "currencyNumber": "EUR", "countryNumber": "D", "paymentOptionNumber": 0,
        "lastChange": changed, "isDeleted": False,
    } | said  # fmt: skip


def country(id: str, *, changed: str, **said: Any) -> Record:
    return {
        "id": id, "number": "D", "countryName": "Deutschland", "isoAlpha2": "DE",
        "isoAlpha3": "DEU", "currencyNumber": "EUR", "isEU": True, "lastChange": changed,
        "isDeleted": False,
    } | said  # fmt: skip


def articlesize(id: str, *, changed: str, **said: Any) -> Record:
    return {
        "id": id, "number": 4012345678901.0, "articleNumber": 100000001.0, "branchNumber": 1,
        "size": "M", "ean": 4012345678901.0, "purchasePrice": 50.0, "salePrice": 119.0,
        "labelPrice": 119.0, "lastPurchaseDate": "2025-02-01T00:00:00", "isNOS": False,
        "currencyNumber": "EUR", "stockQuantity": 8.0, "selectionQuantity": 0.0,
        "lastChange": changed, "isDeleted": False,
    } | said  # fmt: skip


def position(id: str, **said: Any) -> Record:
    return {
        "id": id, "orderNumber": 900, "articleNumber": 100000001.0, "branchNumber": 1, "size": "M",
        "ean": 4012345678901.0, "purchasePrice": 50.0, "netPurchasePrice": 47.5,
        "salePrice": 119.0, "labelPrice": 119.0, "isConsignment": False, "orderAmount": 10.0,
        "deliveredAmount": 0.0, "backlogAmount": 10.0, "distributedAmount": 0.0, "status": 1,
    } | said  # fmt: skip


def order(id: str, *positions: Record, **said: Any) -> Record:
    """An order says when it was created, but not when it was changed."""
    return {
        "id": id, "number": 900, "source": "EDI", "created": "2025-02-01T10:00:00.1234567",
        "supplierNumber": 70, "supplierOrderId": "L-1", "merchantNumber": 0,
        "overallDiscount": 5.0, "status": 1, "type": "", "positions": list(positions),
    } | said  # fmt: skip
