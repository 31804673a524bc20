"""The privacy notice's sentences that the policy could break; pages and refusals quote them from here."""

from typing import Final

LAST_DIGITS: Final = "The last digits of the address are removed before it is stored for analysis."
FULL_ADDRESS: Final = "The full address can be read for at most 30 days, to troubleshoot and to stop attacks."
BACKUPS: Final = "Backups keep personal data for at most one month after its deletion."
