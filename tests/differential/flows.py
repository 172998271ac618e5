"""The questions that are put to both, the model and the kernel: none of them is in `tests/oracle` or where that came from."""

from tests.differential.flow import Flow
from tests.differential.flows_nftables import NFTABLES
from tests.differential.flows_rules import RULES
from tests.differential.flows_services import SERVICES
from tests.differential.flows_setups import SETUPS

__all__ = ["FLOWS"]

FLOWS: tuple[Flow, ...] = (*SERVICES, *RULES, *SETUPS, *NFTABLES)
