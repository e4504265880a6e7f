"""OME-XML written for the tests."""


def uuid(number):
    """Return the identifier of a file of a set."""
    return f"urn:uuid:0000000{number}-0000-0000-0000-000000000000"


def ome_xml(
    n_channels,
    planes=None,
    *,
    own=None,
    sizes="",
    names=None,
    size=(8, 9),
    order="XYCZT",
    channels=None,
):
    """Return OME-XML of one image.

    Parameters
    ----------
    n_channels : int
        SizeC.
    planes : list of (int, int, str or None, str or None), optional
        The channel, the page, the file and the identifier of each plane. By default there is one
        element without attributes.
    own : str, optional
        The identifier of the file itself.
    sizes : str
        SizeZ and SizeT as attributes.
    names : list of str, optional
        Channel names.
    """
    sizes = sizes or 'SizeZ="1" SizeT="1"'
    data = "<TiffData/>"
    if planes is not None:
        data = "".join(
            f'<TiffData FirstC="{c}" IFD="{page}" PlaneCount="1">'
            + (f'<UUID FileName="{name}">{identifier}</UUID>' if name else "")
            + "</TiffData>"
            for c, page, name, identifier in planes
        )
    if channels is None:
        channels = "".join(f'<Channel Name="{name}"/>' for name in names or [])
    identity = f' UUID="{own}"' if own else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"{identity}>'
        f'<Image ID="Image:0"><Pixels DimensionOrder="{order}" Type="uint8" SizeX="{size[1]}"'
        f' SizeY="{size[0]}" SizeC="{n_channels}" {sizes}>{channels}{data}</Pixels></Image></OME>'
    )
