using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace LiveHub.Tests.Model;

/// <summary>Trips with odd values in every place.</summary>
internal static class Trips
{
    private static readonly Gen<string?> Texts = Gen.Elements("", "a", "ü €\u2028\u00a0 \"quoted\" \\ </b>", "\ud83d\ude80", "line\nline\t\u0001", "null", null);
    private static readonly Gen<decimal> Decimals = Gen.Elements(0m, 1.50m, 1.500m, -0.001m, 12345678901234567890.10m, 100m);
    private static readonly Gen<DateTimeOffset> Moments = Gen.Elements(
        new DateTimeOffset(2026, 11, 21, 10, 15, 19, TimeSpan.Zero).AddTicks(1234560), new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new(1, 1, 2, 0, 0, 0, TimeSpan.Zero));
    private static readonly Gen<byte[]?> Bytes = Gen.Elements<byte[]?>(null, [], [0, 255, 62]);
    private static readonly Gen<Colour> Colours = Gen.Elements(Colour.Red, Colour.Black, (Colour)77);
    private static readonly Gen<string?> Jsons = Gen.Elements("{\"b\":1,  \"aa\":[1.50, null, {}], \"b\":2}", "[]", "\"ü\\u0041\"", "1.0", "null", null);

    private static readonly Gen<Leg> Legs = from id in Gen.Choose(-1, 3) from miles in Decimals select new Leg { Id = id, Miles = miles };

    private static readonly Gen<Stop> Stops =
        from name in Texts from at in Filters.Maybe(Moments) select new Stop { Name = name ?? "", At = at, Visits = 3 };

    private static readonly Gen<FareTax> Taxes = from rate in Filters.Maybe(Decimals) select new FareTax { Rate = rate };

    private static readonly Gen<Label> Labels =
        from text in Texts from colour in Filters.Maybe(Colours) from tax in OrNull(Taxes) from taxes in Taxes.ListOf()
        select new Label { Text = text, Colour = colour, Printed = 4, Tax = tax, Taxes = [.. taxes.Take(3)] };

    private static readonly Gen<Plan> Plans =
        from text in Texts
        from number in Gen.Elements(0L, long.MaxValue, long.MinValue)
        from cost in Decimals
        from ratio in Gen.Elements<double?>(null, 0.1, -1e300, 5)
        from moment in Moments
        from set in Gen.Elements(true, false)
        from bytes in Bytes
        from colour in Colours
        from tags in Texts.ListOf()
        from leg in OrNull(Legs)
        from legs in Legs.ListOf()
        select new Plan
        {
            Title = text, Sure = set, Number = number, Cost = cost, Ratio = ratio, From = set ? moment : null, At = moment.UtcDateTime, Secret = "hush",
            Day = DateOnly.FromDateTime(moment.UtcDateTime), Time = TimeOnly.FromDateTime(moment.UtcDateTime), Length = moment.TimeOfDay - TimeSpan.FromHours(5),
            Key = set ? Guid.Empty : Guid.Parse("0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9"), Bytes = bytes, Colour = colour, Named = set ? Colour.Green : null,
            Code = new(text ?? ""), Tags = [.. tags.Take(3)], Leg = leg, Legs = [.. legs.Take(3)],
        };

    public static Gen<Trip> All { get; } =
        from name in Texts
        from json in Jsons
        from colours in Colours.ListOf()
        from sums in Decimals.ListOf()
        from plan in OrNull(Plans)
        from stops in Stops.ListOf()
        from past in Stops.ListOf()
        from label in Labels
        from sticker in OrNull(Labels)
        from scans in Labels.ListOf()
        from one in Decimals
        from maybe in Filters.Maybe(Decimals)
        from bytes in Bytes
        from tax in Taxes
        from some in Gen.Choose(0, 3)
        select Make(name, json, some, trip =>
        {
            trip.Colours = [.. colours];
            trip.Sums = [.. sums];
            trip.Blobs = bytes is null ? [] : [bytes, [1]];
            trip.Plan = plan;
            trip.Stops = [.. stops.Take(3)];
            past.Take(2).ToList().ForEach(trip.AddPast);
            trip.Label = label;
            trip.Sticker = sticker;
            trip.Scans = [.. scans.Take(3)];
            trip.Guest = new() { Name = name ?? "", Phone = name, Secret = "hush", Place = some is 0 ? null : new() { Latitude = maybe, Longitude = some is 1 ? 0.1 : null } };
            trip.Remark = some is 0 ? null : new() { Text = name, Weight = some is 1 ? long.MaxValue : null };
            trip.Insurance = some is 0 ? null : new() { Sum = some + 0.5m, Until = new(2026, 1, some), Company = name };
            trip.Size = new() { Width = some, Height = maybe };
            trip.Limit = some is 0 ? null : new Size { Width = some, Height = maybe };
            trip.Fare = some is 0 ? null : new() { Sum = one, Currency = name, Tax = tax };
        });

    private static Trip Make(string? name, string? json, int some, Action<Trip> fill)
    {
        var trip = new Trip
        {
            Name = name ?? "",
            Raw = json,
            AsTyped = json,
            Document = json is null ? null : JsonDocument.Parse(json),
            Element = json is null ? null : JsonDocument.Parse(json).RootElement,
            Settings = some is 0 ? null : new(name ?? "", [some]),
            Words = name is null ? [] : [name, "x"],
            Numbers = some is 0 ? null : [some, null],
        };
        fill(trip);
        return trip;
    }

    private static Gen<T?> OrNull<T>(Gen<T> values)
        where T : class
        => Gen.Frequency((3, values.Select(v => (T?)v)), (1, Gen.Constant((T?)null)));
}
