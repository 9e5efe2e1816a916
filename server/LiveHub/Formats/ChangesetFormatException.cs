namespace LiveHub.Formats;

/// <summary>Bytes that are no changeset, or one in a format that this version of LiveHub does not know; the message says which.</summary>
internal sealed class ChangesetFormatException(string message) : Exception(message)
{
    public static ChangesetFormatException Truncated() => new("The changeset's bytes end too early, or a length in them is wrong.");
}
