using System.Buffers.Binary;

namespace LiveHub.Formats;

/// <summary>Decimals as they are, zeros at the end included: 1.5 is not 1.50.</summary>
internal static class DecimalBytes
{
    private const int MaxScale = 28;
    private const byte Negative = 0x80;

    public static void Write(ref ByteWriter writer, decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        Span<byte> bytes = stackalloc byte[13];
        bytes[0] = (byte)(value.Scale | (bits[3] < 0 ? Negative : 0));
        for (var i = 0; i < 3; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(1 + (4 * i))..], bits[i]);
        }

        writer.WriteDelimited(bytes[..(1 + bytes[1..].LastIndexOfAnyExcept((byte)0) + 1)]);
    }

    public static bool TryRead(ref ByteReader reader, out decimal value)
    {
        value = 0;
        var bytes = reader.Take(reader.ReadLength());
        if (bytes.Length is < 1 or > 13 || (bytes[0] & ~Negative) > MaxScale)
        {
            return false;
        }

        Span<byte> digits = stackalloc byte[12];
        digits.Clear();
        bytes[1..].CopyTo(digits);
        value = new(BinaryPrimitives.ReadInt32LittleEndian(digits), BinaryPrimitives.ReadInt32LittleEndian(digits[4..]), BinaryPrimitives.ReadInt32LittleEndian(digits[8..]),
            (bytes[0] & Negative) != 0, (byte)(bytes[0] & ~Negative));
        return true;
    }
}
