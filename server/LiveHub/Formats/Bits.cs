using System.Numerics;

namespace LiveHub.Formats;

/// <summary>One bit for each of some columns.</summary>
internal static class Bits
{
    public static int SizeOf(int count) => (count + 7) / 8;

    public static bool Has(ReadOnlySpan<byte> bits, int index) => (bits[index / 8] & (1 << (index % 8))) != 0;

    public static void Set(Span<byte> bits, int index, bool value) => bits[index / 8] |= (byte)((value ? 1 : 0) << (index % 8));

    /// <summary>How many are set of the first so many; there are no others.</summary>
    public static int Count(ReadOnlySpan<byte> bits, int length)
    {
        var count = 0;
        foreach (var eight in bits)
        {
            count += BitOperations.PopCount(eight);
        }

        return length % 8 == 0 || bits[^1] >> (length % 8) == 0 ? count : throw new ChangesetFormatException("The changeset says something of columns that it does not name.");
    }
}
