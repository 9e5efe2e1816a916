using FsCheck;
using FsCheck.Fluent;
using LiveHub.Model;

namespace LiveHub.Tests.Model;

/// <summary>Every value is read as what it was before it was written, and written as what it was before it was read.</summary>
public sealed class ValueCodecsProperties
{
    [Fact]
    public void Numbers_return_from_the_wire()
    {
        Returns<byte>("Byte");
        Returns<sbyte>("SByte");
        Returns<short>("Short");
        Returns<ushort>("UShort");
        Returns<int>("Id");
        Returns<uint>("UInt");
        Returns("Long", Wide().Select(v => (long)v));
        Returns("ULong", Wide());
        Returns("Double", Wide().Select(v => BitConverter.UInt64BitsToDouble(v)));
        Returns("Float", Wide().Select(v => BitConverter.UInt32BitsToSingle((uint)v)));
        Returns("Decimal", Decimals());
    }

    [Fact]
    public void Texts_return_from_the_wire()
    {
        Returns("String", ArbMap.Default.GeneratorFor<UnicodeString>().Select(s => s.Get.Replace("\0", "", StringComparison.Ordinal)).Where(IsText));
        Returns("Bytes", ArbMap.Default.GeneratorFor<byte[]>());
        Returns<Guid>("Guid");
    }

    [Fact]
    public void Times_return_from_the_wire_to_the_microsecond()
    {
        var ticks = Wide().Select(v => (long)(v % (ulong)DateTime.MaxValue.Ticks) / 10 * 10);
        Returns("DateTimeOffset", ticks.Select(t => new DateTimeOffset(t, TimeSpan.Zero)));
        Returns("DateTime", ticks.Select(t => new DateTime(t, DateTimeKind.Utc)));
        Returns("LocalTime", ticks.Select(t => new DateTime(t, DateTimeKind.Unspecified)));
        Returns("TimeOnly", ticks.Select(t => new TimeOnly(t % TimeSpan.TicksPerDay)));
        Returns("DateOnly", ticks.Select(t => DateOnly.FromDateTime(new(t))));
        Returns("TimeSpan", Wide().Select(t => new TimeSpan((long)t / 10 * 10)));
    }

    [Fact]
    public void Enums_return_from_the_wire_with_and_without_a_name()
    {
        Returns("Colour", Gen.Choose(-2, 5).Select(n => (Colour)n));
        Returns("Days", Gen.Choose(-2, 9).Select(n => (Days)n));
        Returns("Huge", Wide().Select(n => (Huge)n));
        Returns("Deep", Wide().Select(n => (Deep)n));
        Returns("NumberedColour", Gen.Choose(-2, 5).Select(n => (Colour)n));
        Returns("NamedColour", Gen.Choose(1, 3).Select(n => (Colour)n));
    }

    [Fact]
    public void A_decimal_is_read_only_where_it_is_the_very_number()
        => Always.Holds(from head in Gen.Choose(0, int.MaxValue) from tail in Wide() from exponent in Gen.Choose(-40, 15) select (head, tail, exponent), c =>
        {
            var text = $"{c.head}{c.tail}e{c.exponent}";
            if (Codecs.TryRead("Decimal", text, out var value))
            {
                var number = System.Numerics.BigInteger.Parse($"{c.head}{c.tail}", null) * System.Numerics.BigInteger.Pow(10, c.exponent + 40);
                var read = (decimal)value!;
                var bits = decimal.GetBits(read);
                var mantissa = new System.Numerics.BigInteger(new decimal(bits[0], bits[1], bits[2], false, 0));
                Assert.Equal(number, mantissa * System.Numerics.BigInteger.Pow(10, 40 - ((bits[3] >> 16) & 0xFF)));
            }
            else
            {
                // Refused: more than 28 decimals or more than 96 bits, either way not a decimal.
                var digits = $"{c.head}{c.tail}".TrimStart('0').TrimEnd('0').Length;
                Assert.True(digits >= 29 || c.exponent < -28 || c.exponent > 0, $"{text} was refused.");
            }
        });

    private static void Returns<T>(string property) => Returns(property, ArbMap.Default.GeneratorFor<T>());

    private static void Returns<T>(string property, Gen<T> values) => Always.Holds(values, value =>
    {
        var json = Codecs.Write(property, value!);
        var read = Codecs.Read(property, json);
        Assert.True(Values.AreEqual(value, read), $"{value} was written as {json} and read as {read}.");
        if (value is DateTime time)
        {
            Assert.Equal(time.Kind, ((DateTime)read!).Kind);
        }
    });

    private static Gen<ulong> Wide()
        => Gen.OneOf(
            Gen.Elements(0UL, 1UL, ulong.MaxValue, (ulong)long.MaxValue, 1UL << 63, 1UL << 53, (1UL << 53) + 1),
            from high in Gen.Choose(int.MinValue, int.MaxValue) from low in Gen.Choose(int.MinValue, int.MaxValue) select ((ulong)(uint)high << 32) | (uint)low);

    private static Gen<decimal> Decimals()
        => from low in Gen.Choose(int.MinValue, int.MaxValue)
           from mid in Gen.Choose(int.MinValue, int.MaxValue)
           from high in Gen.Elements(0, 1, int.MaxValue, -1)
           from scale in Gen.Choose(0, 28)
           from isNegative in Gen.Elements(true, false)
           select new decimal(low, mid, high, isNegative, (byte)scale);

    private static bool IsText(string text)
    {
        try
        {
            return new System.Text.UTF8Encoding(false, true).GetByteCount(text) >= 0;
        }
        catch (System.Text.EncoderFallbackException)
        {
            return false;
        }
    }
}
