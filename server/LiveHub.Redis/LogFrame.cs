using System.Buffers.Binary;
using LiveHub.Changes;

namespace LiveHub.Redis;

/// <summary>An entry as it is in the stream and in messages.</summary>
/// <param name="Position">Where it is.</param>
/// <param name="PreviousTag">The tag of the entry before it: what follows another entry than ours is of another log (rule 14).</param>
/// <param name="At">When it came, by Redis's clock.</param>
/// <param name="VersionBefore">The highest version that any entry before it has of the same database; 0 where there is none.</param>
/// <param name="Id">Of the changeset.</param>
/// <param name="Changeset">Its bytes.</param>
internal readonly record struct LogFrame(Position Position, ulong PreviousTag, DateTimeOffset At, long VersionBefore, ChangesetId Id, ReadOnlyMemory<byte> Changeset)
{
    public const int HeaderBytes = 48;

    /// <summary>The year 3000: by as much as a node's clock is wrong, it may still be corrected.</summary>
    private const long MaxMilliseconds = 32_503_680_000_000;

    public static LogFrame Read(long offset, ReadOnlyMemory<byte> bytes)
    {
        var header = bytes.Span;
        if (header.Length < HeaderBytes)
        {
            throw new FormatException($"The entry at offset {offset} has {header.Length} bytes.");
        }

        var at = BinaryPrimitives.ReadInt64BigEndian(header[16..]);
        if (at is < 0 or > MaxMilliseconds)
        {
            throw new FormatException($"The entry at offset {offset} came at {at}.");
        }

        return new(
            new(offset, BinaryPrimitives.ReadUInt64BigEndian(header[8..])),
            BinaryPrimitives.ReadUInt64BigEndian(header),
            DateTimeOffset.FromUnixTimeMilliseconds(at),
            BinaryPrimitives.ReadInt64BigEndian(header[24..]),
            new(new Guid(header[32..HeaderBytes], bigEndian: true)),
            bytes[HeaderBytes..]);
    }

    /// <summary>The changeset's id as it stands in an entry.</summary>
    public static byte[] Write(ChangesetId id) => id.Value.ToByteArray(bigEndian: true);

    public static byte[] Write(ulong tag)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, tag);
        return bytes;
    }

    public static ulong ReadTag(byte[]? bytes) => bytes is { Length: 8 } ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : 0;
}
