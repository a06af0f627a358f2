"""What the visible label says, by language."""

from dataclasses import dataclass

from mien.errors import ParameterError


@dataclass(frozen=True)
class Wording:
    """badge: on every frame. short: where the badge has no room. card: on the first seconds.
    stopped: instead of the picture, when the operator has stopped it."""

    badge: str
    short: str
    card: str
    stopped: str


WORDINGS = {
    "en": Wording(
        "AI MODIFIED", "AI", "This picture has been modified by AI", "This stream has been stopped"
    ),
    "de": Wording(
        "KI-VERÄNDERT",
        "KI",
        "Dieses Bild wurde mit KI verändert",
        "Diese Übertragung wurde angehalten",
    ),
    "fr": Wording(
        "MODIFIÉ PAR IA",
        "IA",
        "Cette image a été modifiée par une IA",
        "Cette diffusion a été arrêtée",
    ),
    "es": Wording(
        "MODIFICADO CON IA",
        "IA",
        "Esta imagen ha sido modificada con IA",
        "Esta emisión ha sido detenida",
    ),
    "it": Wording(
        "MODIFICATO CON IA",
        "IA",
        "Questa immagine è stata modificata con IA",
        "Questa trasmissione è stata fermata",
    ),
    "pt": Wording(
        "MODIFICADO POR IA",
        "IA",
        "Esta imagem foi modificada por IA",
        "Esta transmissão foi interrompida",
    ),
    "nl": Wording(
        "AI-BEWERKT",
        "AI",
        "Dit beeld is met AI bewerkt",
        "Deze uitzending is gestopt",
    ),
    "pl": Wording(
        "ZMIENIONE PRZEZ AI",
        "AI",
        "Ten obraz został zmieniony przez AI",
        "Ta transmisja została zatrzymana",
    ),
}


def wording_of(language: str) -> Wording:
    """The wording of a two-letter language. Raises ParameterError for one that is not there."""
    if language not in WORDINGS:
        known = ", ".join(WORDINGS)
        raise ParameterError(f"There is no label in {language!r}", f"use one of {known}.")
    return WORDINGS[language]
