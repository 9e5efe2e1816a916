using System.Buffers.Binary;
using System.Text;

namespace LiveHub.Formats;

/// <summary>Reads what <see cref="ByteWriter"/> wrote; of anything else, it throws <see cref="ChangesetFormatException"/> and nothing else.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _bytes = bytes;

    public readonly bool IsAtEnd => _bytes.IsEmpty;

    public byte ReadByte() => Take(1)[0];

    public ulong ReadVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next <= 0x7F)
            {
                return shift < 63 || next <= 1 ? value : throw new ChangesetFormatException("A number in the changeset's bytes has more than 64 bits.");
            }
        }

        throw new ChangesetFormatException("A number in the changeset's bytes has more than 64 bits.");
    }

    public long ReadSigned()
    {
        var value = ReadVarint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public int ReadFour() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long ReadEight() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public Guid ReadGuid() => new(Take(16), bigEndian: true);

    /// <summary>A number of things that take a byte each or more: never more than there are bytes.</summary>
    public int ReadLength()
    {
        var length = ReadVarint();
        return length <= (ulong)_bytes.Length ? (int)length : throw ChangesetFormatException.Truncated();
    }

    /// <summary>A list's length, and whether each of its values says if it is there.</summary>
    public (int Count, bool HasNulls) ReadCount()
    {
        var count = ReadVarint();
        return count >> 1 <= (ulong)_bytes.Length ? ((int)(count >> 1), (count & 1) != 0) : throw ChangesetFormatException.Truncated();
    }

    public string ReadText()
    {
        try
        {
            return Utf8.GetString(Take(ReadLength()));
        }
        catch (DecoderFallbackException)
        {
            throw new ChangesetFormatException("A text in the changeset's bytes is not UTF-8.");
        }
    }

    public ReadOnlySpan<byte> Take(int length)
    {
        if (length > _bytes.Length)
        {
            throw ChangesetFormatException.Truncated();
        }

        var taken = _bytes[..length];
        _bytes = _bytes[length..];
        return taken;
    }
}
