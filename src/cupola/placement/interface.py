"""All that other services may call of placement.

The scheduler measures hosts with `candidates_in` and takes resources with `claim_in`; what a host offers comes in by
`provide_in`. All are bodies: they run in the caller's transaction, after quota, network and volume.
"""

from cupola.placement.errors import AmountForbidden, CapacityExceeded, InventoryMissing, ProviderNotFound
from cupola.placement.logic.candidates import candidates_in, roomiest_in
from cupola.placement.logic.claims import claim_in, release_in
from cupola.placement.logic.holdings import claims_in, usages_in
from cupola.placement.logic.hosts import provide_in, withdraw_in
from cupola.placement.model.candidate import Candidate
from cupola.placement.model.inventory import Inventory, Offer, Stock

__all__ = [
    "AmountForbidden",
    "Candidate",
    "CapacityExceeded",
    "Inventory",
    "InventoryMissing",
    "Offer",
    "ProviderNotFound",
    "Stock",
    "candidates_in",
    "claim_in",
    "claims_in",
    "provide_in",
    "release_in",
    "roomiest_in",
    "usages_in",
    "withdraw_in",
]
