using System.Buffers.Binary;
using System.Globalization;

namespace LiveHub.Changes;

/// <summary>Tells a changeset from all others, and when it was begun: a version 7 UUID (RFC 9562).</summary>
internal readonly record struct ChangesetId(Guid Value)
{
    /// <summary>When it was made, by the log's clock as far as the process that made it knew that.</summary>
    public DateTimeOffset At
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            Value.TryWriteBytes(bytes, bigEndian: true, out _);
            var milliseconds = BinaryPrimitives.ReadInt64BigEndian(bytes) >> 16;
            return DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, 0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
        }
    }

    /// <summary>Unique, and no secret: Guid.CreateVersion7 asks the operating system each time.</summary>
    public static ChangesetId New(DateTimeOffset now)
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.Shared.NextBytes(bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes, (now.ToUnixTimeMilliseconds() << 16) | 0x7000 | (bytes[6] & 0x0FL) << 8 | bytes[7]);
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return new(new Guid(bytes, bigEndian: true));
    }

    public static bool TryParse(ReadOnlySpan<char> text, out ChangesetId id)
    {
        id = default;
        if (text.Length != 32 || !Guid.TryParseExact(text, "N", out var value) || value.Version != 7)
        {
            return false;
        }

        id = new(value);
        return true;
    }

    public override string ToString() => Value.ToString("N", CultureInfo.InvariantCulture);
}
