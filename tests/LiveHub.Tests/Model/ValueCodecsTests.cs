using System.Globalization;

namespace LiveHub.Tests.Model;

/// <summary>The table "Values" of docs/protocol.md, line by line.</summary>
public sealed class ValueCodecsTests
{
    private static readonly DateTime Moment = new DateTime(2026, 11, 21, 10, 15, 19, DateTimeKind.Utc).AddTicks(12345670);

    public static TheoryData<string, object, string> Forms => new()
    {
        { "Bool", true, "true" },
        { "Bool", false, "false" },
        { "Byte", (byte)255, "255" },
        { "SByte", (sbyte)-128, "-128" },
        { "Short", (short)-32768, "-32768" },
        { "UShort", (ushort)65535, "65535" },
        { "Id", int.MinValue, "-2147483648" },
        { "UInt", uint.MaxValue, "4294967295" },
        { "MaybeInt", 7, "7" },
        { "Float", 0.1f, "0.1" },
        { "Float", float.NaN, "\"NaN\"" },
        { "Float", float.PositiveInfinity, "\"Infinity\"" },
        { "Float", float.NegativeInfinity, "\"-Infinity\"" },
        { "Double", 0.1, "0.1" },
        { "Double", 1234.5, "1234.5" },
        { "Double", double.NaN, "\"NaN\"" },
        { "Double", double.PositiveInfinity, "\"Infinity\"" },
        { "Double", double.NegativeInfinity, "\"-Infinity\"" },
        { "Long", long.MaxValue, "\"9223372036854775807\"" },
        { "Long", -1L, "\"-1\"" },
        { "ULong", ulong.MaxValue, "\"18446744073709551615\"" },
        { "Decimal", 79228162514264337593543950335m, "\"79228162514264337593543950335\"" },
        { "Decimal", 10.50m, "\"10.50\"" },
        { "Decimal", -0.0000000000000000000000000001m, "\"-0.0000000000000000000000000001\"" },
        { "String", "", "\"\"" },
        { "String", "a \"quoted\" <b>ü</b> \n", "\"a \\\"quoted\\\" <b>ü</b> \\n\"" },
        { "Char", 'x', "\"x\"" },
        { "Guid", Guid.Parse("0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9"), "\"0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9\"" },
        { "DateTimeOffset", new DateTimeOffset(2026, 11, 21, 12, 15, 19, TimeSpan.FromHours(2)), "\"2026-11-21T10:15:19.000000Z\"" },
        { "DateTime", Moment, "\"2026-11-21T10:15:20.234567Z\"" },
        { "DateTime", DateTime.MinValue, "\"0001-01-01T00:00:00.000000Z\"" },
        { "DateTime", DateTime.MaxValue, "\"9999-12-31T23:59:59.999999Z\"" },
        { "DateTimeOffset", DateTimeOffset.MaxValue, "\"9999-12-31T23:59:59.999999Z\"" },
        { "LocalTime", DateTime.MaxValue, "\"9999-12-31T23:59:59.999999\"" },
        { "LocalTime", DateTime.SpecifyKind(Moment, DateTimeKind.Unspecified), "\"2026-11-21T10:15:20.234567\"" },
        { "DateOnly", new DateOnly(2026, 11, 21), "\"2026-11-21\"" },
        { "Day", new DateTime(2026, 11, 21), "\"2026-11-21\"" },
        { "Real", 0.5, "0.5" },
        { "Real", double.NaN, "\"NaN\"" },
        { "Lower", "abc", "\"abc\"" },
        { "TimeOnly", new TimeOnly(10, 15, 19), "\"10:15:19.000000\"" },
        { "TimeSpan", new TimeSpan(1, 2, 3, 4, 500), "\"P1DT2H3M4.5S\"" },
        { "TimeSpan", -TimeSpan.FromMinutes(90), "\"-PT1H30M\"" },
        { "Bytes", new byte[] { 0, 255, 62 }, "\"AP8+\"" },
        { "Bytes", Array.Empty<byte>(), "\"\"" },
        { "Colour", Colour.Green, "\"Green\"" },
        { "MaybeColour", Colour.Green, "\"Green\"" },
        { "Colour", (Colour)42, "42" },
        { "Colour", (Colour)(-42), "-42" },
        { "Days", Days.Monday | Days.Tuesday, "\"Monday, Tuesday\"" },
        { "Huge", Huge.Most, "\"Most\"" },
        { "Huge", (Huge)(ulong.MaxValue - 1), "\"18446744073709551614\"" },
        { "Deep", Deep.Top, "\"Top\"" },
        { "Deep", (Deep)(-9007199254740993), "\"-9007199254740993\"" },
        { "NamedColour", Colour.Black, "\"Black\"" },
        { "NumberedColour", Colour.Black, "3" },
        { "Ticket", new Ticket("A-1"), "\"A-1\"" },
        { "MaybeTicket", new Ticket("A-1"), "\"A-1\"" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_value_is_written_in_its_documented_form(string property, object value, string json)
        => Assert.Equal(json, Codecs.Write(property, value));

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_value_is_read_from_the_form_in_which_it_is_written(string property, object value, string json)
        => Assert.Equal(value, Codecs.Read(property, json));

    [Theory]
    [MemberData(nameof(Forms))]
    public void The_forms_do_not_depend_on_the_culture(string property, object value, string json)
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = Strange();
        try
        {
            Assert.Equal(json, Codecs.Write(property, value));
            Assert.Equal(value, Codecs.Read(property, json));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("Lower", "\"ABC\"", "abc")]
    [InlineData("Real", "0.1", 0.10000000149011612)]
    [InlineData("Real", "16777217", 16777216d)]
    public void G3_a_value_that_changes_on_its_way_to_the_database_is_read_as_rows_show_it(string property, string json, object value)
        => Assert.Equal(value, Codecs.Read(property, json));

    [Theory]
    [InlineData("\"2026-11-21T00:00:00\"")]
    [InlineData("\"2026-11-21T00:00Z\"")]
    public void A_day_may_be_written_as_its_midnight(string json) => Assert.Equal(new DateTime(2026, 11, 21), Codecs.Read("Day", json));

    [Theory]
    [InlineData("Long", "5", 5L)]
    [InlineData("Long", "-9223372036854775808", long.MinValue)]
    [InlineData("ULong", "18446744073709551615", ulong.MaxValue)]
    [InlineData("Huge", "18446744073709551615", Huge.Most)]
    [InlineData("Huge", "\"1\"", Huge.One)]
    public void A_number_is_taken_for_a_wide_integer_where_it_is_exact(string property, string json, object value)
        => Assert.Equal(value, Codecs.Read(property, json));

    [Theory]
    [InlineData("0.1", "0.1")]
    [InlineData("-12.50", "-12.5")]
    [InlineData("1e3", "1000")]
    [InlineData("1.5E-3", "0.0015")]
    [InlineData("0", "0")]
    [InlineData("-0.0", "0")]
    [InlineData("0e99", "0")]
    public void A_number_is_taken_for_a_decimal_where_it_is_exact(string json, string value)
    {
        var expected = decimal.Parse(value, CultureInfo.InvariantCulture);
        Assert.Equal(expected, Codecs.Read("Decimal", json));
    }

    [Fact]
    public void Equal_decimals_are_read_as_the_same_text()
        => Assert.Equal(Codecs.Write("Decimal", Codecs.Read("Decimal", "\"10.5\"")!), Codecs.Write("Decimal", Codecs.Read("Decimal", "\"10.500\"")!));

    [Theory]
    [InlineData("DateTimeOffset", "\"2026-11-21T10:15:20.234567Z\"")]
    [InlineData("DateTimeOffset", "\"2026-11-21T12:15:20.234567+02:00\"")]
    [InlineData("DateTime", "\"2026-11-21T10:15:20.234567Z\"")]
    [InlineData("DateTime", "\"2026-11-21T05:15:20.234567-05:00\"")]
    public void A_time_with_an_offset_is_read_as_that_moment_in_UTC(string property, string json)
    {
        var value = Codecs.Read(property, json);
        Assert.Equal(Moment, value is DateTimeOffset offset ? offset.DateTime : value);
        Assert.True(value is DateTimeOffset { Offset.Ticks: 0 } or DateTime { Kind: DateTimeKind.Utc });
    }

    [Fact]
    public void A_time_without_an_offset_is_read_without_a_kind()
        => Assert.Equal(DateTimeKind.Unspecified, ((DateTime)Codecs.Read("LocalTime", "\"2026-11-21T10:15:20\"")!).Kind);

    [Theory]
    [InlineData("DateTimeOffset", "\"2026-11-21T10:15:19.123Z\"")]
    [InlineData("DateTimeOffset", "\"2026-11-21T10:15Z\"")]
    [InlineData("TimeOnly", "\"10:15\"")]
    [InlineData("TimeOnly", "\"10:15:19.5\"")]
    [InlineData("Guid", "\"0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9\"")]
    [InlineData("Colour", "2")]
    public void Shorter_forms_of_the_same_value_are_read_too(string property, string json) => Codecs.Read(property, json);

    private static CultureInfo Strange()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NegativeSign = "~";
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.NaNSymbol = "?";
        culture.DateTimeFormat.TimeSeparator = ".";
        culture.DateTimeFormat.DateSeparator = ".";
        return culture;
    }
}
