using LiveHub.Model;

namespace LiveHub.Tests.Model;

/// <summary>What a column cannot hold is refused, not bent into shape.</summary>
public sealed class ValueCodecsRefusalTests
{
    private static readonly string[] Properties =
    [
        "Bool", "Byte", "SByte", "Short", "UShort", "Id", "UInt", "Float", "Double", "Long", "ULong", "Decimal", "String", "Char", "Guid",
        "DateTimeOffset", "DateTime", "LocalTime", "DateOnly", "TimeOnly", "TimeSpan", "Bytes", "MaybeInt", "Colour", "MaybeColour", "Days", "Huge",
        "NamedColour", "NumberedColour", "Ticket", "MaybeTicket",
    ];

    [Fact]
    public void No_column_takes_null_an_object_or_a_list()
    {
        foreach (var property in Properties)
        {
            Assert.All(["null", "{}", "[]", "[1]", "{\"a\":1}"], json => Refused(property, json));
        }
    }

    [Fact]
    public void What_an_enum_takes_is_said_of_flags_also_that_several_may_stand_together()
    {
        Assert.Equal("one of Red, Green, Black", Codecs.Of("Colour").Expected);
        Assert.Equal("one of None, Monday, Tuesday, or several with a comma and a blank between them", Codecs.Of("Days").Expected);
    }

    [Fact]
    public void Only_a_boolean_column_takes_a_boolean()
    {
        foreach (var property in Properties.Except(["Bool"]))
        {
            Refused(property, "true");
        }

        Refused("Bool", "1");
        Refused("Bool", "\"true\"");
    }

    [Fact]
    public void No_column_takes_a_text_that_means_nothing_to_it()
    {
        foreach (var property in Properties.Except(["String", "Ticket", "MaybeTicket"]))
        {
            Refused(property, "\"no, not this\"");
        }
    }

    [Fact]
    public void A_narrow_number_is_not_taken_as_a_string()
    {
        foreach (var property in new[] { "Byte", "SByte", "Short", "UShort", "Id", "UInt", "Float", "Double", "MaybeInt", "NumberedColour", "Colour" })
        {
            Refused(property, "\"1\"");
        }
    }

    [Theory]
    [InlineData("Byte", "256")]
    [InlineData("Byte", "-1")]
    [InlineData("SByte", "128")]
    [InlineData("Short", "32768")]
    [InlineData("UShort", "-1")]
    [InlineData("Id", "2147483648")]
    [InlineData("Id", "1.5")]
    [InlineData("UInt", "-1")]
    [InlineData("Float", "1e39")]
    [InlineData("Double", "1e309")]
    [InlineData("Long", "9223372036854775808")]
    [InlineData("Long", "\"9223372036854775808\"")]
    [InlineData("Long", "0.5")]
    [InlineData("ULong", "-1")]
    [InlineData("ULong", "\"-1\"")]
    [InlineData("Decimal", "1e29")]
    [InlineData("Decimal", "\"79228162514264337593543950336\"")]
    [InlineData("Huge", "-1")]
    [InlineData("Colour", "2147483648")]
    public void A_number_out_of_range_is_refused(string property, string json) => Refused(property, json);

    [Theory]
    [InlineData("1e-29")]
    [InlineData("0.12345678901234567890123456789")]
    [InlineData("12345678901234567890.1234567895")]
    [InlineData("\"0.12345678901234567890123456789\"")]
    [InlineData("\"1e3\"")]
    [InlineData("\" 1\"")]
    [InlineData("\"1,000\"")]
    [InlineData("\"\"")]
    [InlineData("\".\"")]
    public void A_decimal_that_would_be_rounded_or_guessed_at_is_refused(string json) => Refused("Decimal", json);

    [Theory]
    [InlineData("\"nan\"")]
    [InlineData("\"+Infinity\"")]
    [InlineData("\"infinity\"")]
    [InlineData("\"1.5\"")]
    public void Only_the_three_documented_names_stand_for_what_is_not_a_number(string json)
    {
        Refused("Double", json);
        Refused("Float", json);
    }

    [Theory]
    [InlineData("Decimal")]
    [InlineData("Long")]
    [InlineData("Id")]
    public void Exact_numbers_know_no_NaN(string property)
    {
        Refused(property, "\"NaN\"");
        Refused(property, "\"Infinity\"");
    }

    [Theory]
    [InlineData("String", "\"a\\u0000b\"")]
    [InlineData("Ticket", "\"\\u0000\"")]
    [InlineData("Char", "\"\\u0000\"")]
    [InlineData("Char", "\"\"")]
    [InlineData("Char", "\"ab\"")]
    public void Text_that_the_database_cannot_hold_is_refused(string property, string json) => Refused(property, json);

    [Theory]
    [InlineData("\"Purple\"")]
    [InlineData("\"red\"")]
    [InlineData("\"1\"")]
    [InlineData("\"Red \"")]
    [InlineData("\"Red,Green\"")]
    [InlineData("\"Red, Green\"")]
    [InlineData("\"\"")]
    public void An_enum_is_taken_by_a_defined_name_only(string json) => Refused("Colour", json);

    [Theory]
    [InlineData("\"Monday, Friday\"")]
    [InlineData("\"Tuesday,Monday\"")]
    public void Flags_are_taken_as_they_are_written_only(string json) => Refused("Days", json);

    [Theory]
    [InlineData("\"Purple\"")]
    [InlineData("3")]
    public void A_value_that_the_models_converter_refuses_is_refused(string json) => Refused("NamedColour", json);

    [Theory]
    [InlineData("DateTimeOffset", "\"2026-11-21\"")]
    [InlineData("DateTimeOffset", "\"10:15\"")]
    [InlineData("DateTimeOffset", "\"11/21/2026 10:15:19Z\"")]
    [InlineData("DateTimeOffset", "\"2026-11-21T10:15:19\"")]
    [InlineData("DateTimeOffset", "\"2026-11-21T25:15:19Z\"")]
    [InlineData("DateTimeOffset", "\"2026-11-21T10:15:19.1234567Z\"")]
    [InlineData("DateTimeOffset", "\"2026-11-21T10:15:19.1234567+00:00\"")]
    [InlineData("DateTimeOffset", "\"Sat, 21 Nov 2026 10:15:19 GMT\"")]
    [InlineData("DateTimeOffset", "\"0001-01-01T00:00:00+10:00\"")]
    [InlineData("DateTime", "\"2026-11-21\"")]
    [InlineData("DateTime", "\"10:15\"")]
    [InlineData("DateTime", "\"11/21/2026 10:15:19\"")]
    [InlineData("DateTime", "\"2026-11-21T10:15:19.1234567Z\"")]
    [InlineData("DateTime", "\"2026-11-21T10:15:19\"")]
    [InlineData("LocalTime", "\"2026-11-21T10:15:19Z\"")]
    [InlineData("LocalTime", "\"2026-11-21T10:15:19+02:00\"")]
    [InlineData("DateOnly", "\"2026-02-30\"")]
    [InlineData("DateOnly", "\"2026-1-1\"")]
    [InlineData("DateOnly", "\"2026-11-21T00:00:00\"")]
    [InlineData("TimeOnly", "\"5 PM\"")]
    [InlineData("TimeOnly", "\"24:00\"")]
    [InlineData("TimeOnly", "\"2026-11-21T10:15:19\"")]
    [InlineData("TimeSpan", "\"PT86400.0000001S\"")]
    [InlineData("Day", "\"2026-11-21T10:00:00\"")]
    [InlineData("Day", "\"2026-11-21T00:00:00+02:00\"")]
    [InlineData("Real", "1e39")]
    [InlineData("Marked", "\"x\"")]
    [InlineData("TimeSpan", "\"01:02:03\"")]
    [InlineData("TimeSpan", "\"P99999999999D\"")]
    [InlineData("Guid", "\"0a1b2c3d4e5f60718293a4b5c6d7e8f9\"")]
    [InlineData("Guid", "\"{0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9}\"")]
    [InlineData("Bytes", "\"A\"")]
    [InlineData("Bytes", "\"AP8-\"")]
    public void A_text_in_another_form_is_refused(string property, string json) => Refused(property, json);

    [Fact]
    public void Each_codec_says_what_it_takes()
        => Assert.All(Properties, property => Assert.NotEmpty(Codecs.Of(property).Expected));

    [Fact]
    public void A_type_without_a_form_has_no_codec()
        => Assert.Null(ValueCodecs.Find(ExposureTests.PropertyOf<OddDb, Listed>(nameof(Listed.Origin))));

    private static void Refused(string property, string json)
    {
        Assert.False(Codecs.TryRead(property, json, out var value), $"{property} takes {json} as {value}.");
        Assert.Null(value);
    }
}
