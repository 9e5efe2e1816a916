namespace LiveHub.Formats;

/// <summary>Times, with kind and offset.</summary>
internal static class MomentBytes
{
    public static bool TryReadDateTime(ref ByteReader reader, out DateTime value)
    {
        try
        {
            value = DateTime.FromBinary(reader.ReadEight());
            return true;
        }
        catch (ArgumentException)
        {
            value = default;
            return false;
        }
    }

    public static void Write(ref ByteWriter writer, DateTimeOffset value)
    {
        var minutes = value.Offset.Ticks / TimeSpan.TicksPerMinute;
        var zigzag = (ulong)((minutes << 1) ^ (minutes >> 63));
        writer.Write(zigzag > 0x7F ? (byte)10 : (byte)9);
        writer.WriteEight(value.Ticks);
        writer.WriteVarint(zigzag);
    }

    public static bool TryRead(ref ByteReader reader, out DateTimeOffset value)
    {
        value = default;
        var bytes = new ByteReader(reader.Take(reader.ReadLength()));
        try
        {
            value = new(bytes.ReadEight(), TimeSpan.FromTicks(bytes.ReadSigned() * TimeSpan.TicksPerMinute));
            return bytes.IsAtEnd;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
