using System.Globalization;

namespace LiveHub.Changes;

/// <summary>A place in the log: what everything shown on a connection is true as of. The log's epoch goes without saying.</summary>
/// <param name="Offset">Contiguous, from 1; 0 is before the first entry.</param>
/// <param name="Tag">Random: tells this entry from another one at the same offset of a log that was replaced.</param>
internal readonly record struct Position(long Offset, ulong Tag)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Offset}:{Tag:x16}");
}
