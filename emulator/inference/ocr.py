"""Reads documents, or says that it does: the answer of the models for documents. Pure; nothing is fetched."""

import base64
import binascii

from emulator.inference.schemas import (
    DocumentUrl,
    ImageUrl,
    OcrAnswer,
    OcrDimensions,
    OcrPage,
    OcrRequest,
    OcrUsage,
)


def read(request: OcrRequest, model: str) -> OcrAnswer:
    """Return a synthetic page for each page that was asked for, or one."""
    document = request.document
    if isinstance(document, DocumentUrl):
        url, kind = document.document_url, "document"
    else:
        image = document.image_url
        url, kind = image.url if isinstance(image, ImageUrl) else image, "image"
    size = _inline_size(url)
    name = "sent in the request" if size is not None else f"at {url}"
    pages = [
        OcrPage(
            index=index,
            markdown=(
                f"# Page {index + 1}\n\nThis is a synthetic page of the azure-mistral emulator in the place of {model};"
                f" no model was asked. The {kind} {name} was not read."
            ),
            images=[],
            dimensions=OcrDimensions(dpi=200, height=2200, width=1700),
        )
        for index in (request.pages or [0])
    ]
    usage = OcrUsage(pages_processed=len(pages), doc_size_bytes=size)
    return OcrAnswer(pages=pages, model=model, usage_info=usage)


def _inline_size(url: str) -> int | None:
    """Return the size of a document that is inside its URL, in bytes; None if it is elsewhere or no valid Base64."""
    if not url.startswith("data:"):
        return None
    try:
        return len(base64.b64decode(url.partition(",")[2], validate=True))
    except (binascii.Error, ValueError):
        return None
