using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace LiveHub.Formats;

/// <summary>Writes numbers and texts straight into a buffer. What was written is the buffer's after <see cref="Flush"/>.</summary>
internal ref struct ByteWriter(IBufferWriter<byte> target)
{
    private const int SmallestSpan = 256;

    private Span<byte> _free = [];
    private int _written;

    public void Write(byte value) => Take(1)[0] = value;

    public void Write(scoped ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>Seven bits a byte, the lowest first.</summary>
    public void WriteVarint(ulong value)
    {
        var bytes = Reserve(10);
        var length = 0;
        for (; value > 0x7F; value >>= 7)
        {
            bytes[length++] = (byte)(value | 0x80);
        }

        bytes[length++] = (byte)value;
        _written += length;
    }

    /// <summary>A number that may be negative; small ones are short.</summary>
    public void WriteSigned(long value) => WriteVarint((ulong)((value << 1) ^ (value >> 63)));

    public void WriteFour(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(4), value);

    public void WriteEight(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);

    public void Write(Guid value) => value.TryWriteBytes(Take(16), bigEndian: true, out _);

    /// <summary>Halves of surrogate pairs become U+FFFD, as on the wire.</summary>
    public void WriteText(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        WriteVarint((ulong)length);
        Encoding.UTF8.GetBytes(text, Take(length));
    }

    public void WriteDelimited(scoped ReadOnlySpan<byte> bytes)
    {
        WriteVarint((ulong)bytes.Length);
        Write(bytes);
    }

    public void Flush()
    {
        target.Advance(_written);
        _free = [];
        _written = 0;
    }

    private Span<byte> Take(int length)
    {
        var bytes = Reserve(length)[..length];
        _written += length;
        return bytes;
    }

    private Span<byte> Reserve(int length)
    {
        if (_free.Length - _written < length)
        {
            Flush();
            _free = target.GetSpan(Math.Max(length, SmallestSpan));
        }

        return _free[_written..];
    }
}
