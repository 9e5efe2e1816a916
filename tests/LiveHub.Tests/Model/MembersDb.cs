using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Tests.Model;

/// <summary>An entity with every kind of member, and of JSON in a column.</summary>
internal sealed class MembersDb(DbContextOptions<MembersDb> options) : DbContext(options)
{
    public DbSet<Trip> Trips => Set<Trip>();

    public static void Expose(LiveHubBuilder<MembersDb> live) => live.Expose<Trip>(trip => trip.Hide(t => t.Agent));

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Trip>(trip =>
    {
        trip.Property(t => t.Id).ValueGeneratedNever();
        trip.Property(t => t.Raw).HasColumnType("jsonb");
        trip.Property(t => t.AsTyped).HasColumnType("json");
        trip.Property(t => t.Settings).HasColumnType("jsonb").HasConversion(
            s => JsonSerializer.Serialize(s, JsonSerializerOptions.Default), s => JsonSerializer.Deserialize<TripSettings>(s, JsonSerializerOptions.Default)!);
        trip.OwnsOne(t => t.Guest, guest =>
        {
            guest.OwnsOne(g => g.Place);
            guest.OwnsMany(g => g.Calls);
        });
        trip.OwnsOne(t => t.Remark);
        trip.OwnsOne(t => t.Insurance, insurance => insurance.Property(i => i.Sum).HasPrecision(10, 2));
        trip.OwnsOne(t => t.Agent);
        trip.OwnsOne(t => t.Plan, plan =>
        {
            plan.ToJson("plan_of_trip");
            plan.Property(p => p.Title).HasJsonPropertyName("t");
            plan.Property(p => p.Code).HasConversion(c => c.Number, n => new Ticket(n));
            plan.Property(p => p.Named).HasConversion<string>();
            plan.OwnsOne(p => p.Leg).HasJsonPropertyName("l");
            plan.OwnsMany(p => p.Legs);
        });
        trip.OwnsMany(t => t.Stops, stop => stop.ToJson());
        trip.OwnsMany(t => t.Past, stop => stop.ToJson());
        trip.OwnsMany(t => t.Bills, bill =>
        {
            bill.HasKey(b => b.Number);
            bill.OwnsOne(b => b.Place);
        });
        trip.ComplexProperty(t => t.Size);
        trip.ComplexProperty(t => t.Limit);
        trip.ComplexProperty(t => t.Fare);
        trip.ComplexProperty(t => t.Label, label => label.ToJson());
        trip.ComplexProperty(t => t.Sticker, sticker => sticker.ToJson());
        trip.ComplexCollection(t => t.Scans, scan => scan.ToJson());
    });
}

internal sealed class Trip
{
    private readonly List<Stop> _past = [];

    public int Id { get; set; }

    public string Name { get; set; } = "";

    public string? Raw { get; set; }

    public string? AsTyped { get; set; }

    public JsonDocument? Document { get; set; }

    public JsonElement? Element { get; set; }

    public TripSettings? Settings { get; set; }

    public List<string> Words { get; set; } = [];

    public int?[]? Numbers { get; set; }

    public List<decimal> Sums { get; set; } = [];

    public List<Colour> Colours { get; set; } = [];

    public List<byte[]> Blobs { get; set; } = [];

    /// <summary>In the trip's table, always there.</summary>
    public Guest Guest { get; set; } = new();

    /// <summary>In the trip's table, there where any of it is.</summary>
    public Remark? Remark { get; set; }

    /// <summary>In the trip's table, there where all that it must have is.</summary>
    public Insurance? Insurance { get; set; }

    /// <summary>Hidden.</summary>
    public Remark? Agent { get; set; }

    public Plan? Plan { get; set; }

    public List<Stop> Stops { get; set; } = [];

    /// <summary>A query cannot ask for it alone.</summary>
    public IReadOnlyList<Stop> Past => _past;

    /// <summary>Rows of a table of their own.</summary>
    public List<Bill> Bills { get; } = [];

    public Size Size { get; set; }

    public Size? Limit { get; set; }

    public Fare? Fare { get; set; }

    public Label Label { get; set; } = new();

    public Label? Sticker { get; set; }

    public List<Label> Scans { get; set; } = [];

    public void AddPast(Stop stop) => _past.Add(stop);
}

internal sealed record TripSettings(string Theme, int[] Sizes);

internal sealed class Guest
{
    public string Name { get; set; } = "";

    public string? Phone { get; set; }

    [JsonIgnore]
    public string? Secret { get; set; }

    public Place? Place { get; set; }

    public List<Call> Calls { get; } = [];
}

internal sealed class Place
{
    public decimal? Latitude { get; set; }

    public double? Longitude { get; set; }
}

internal sealed class Call
{
    public string Number { get; set; } = "";
}

internal sealed class Remark
{
    public string? Text { get; set; }

    public long? Weight { get; set; }
}

internal sealed class Bill
{
    public Guid Number { get; set; }

    public Place? Place { get; set; }
}

internal sealed class Insurance
{
    public decimal Sum { get; set; }

    public DateOnly Until { get; set; }

    public string? Company { get; set; }
}

internal sealed class Plan
{
    public string? Title { get; set; }

    public bool Sure { get; set; }

    public long Number { get; set; }

    public decimal Cost { get; set; }

    public double? Ratio { get; set; }

    public DateTimeOffset? From { get; set; }

    public DateTime At { get; set; } = DateTime.UnixEpoch;

    public DateOnly Day { get; set; }

    public TimeOnly Time { get; set; }

    public TimeSpan Length { get; set; }

    public Guid Key { get; set; }

    public byte[]? Bytes { get; set; }

    public Colour Colour { get; set; }

    public Colour? Named { get; set; }

    public Ticket Code { get; set; } = new("");

    public List<string?> Tags { get; set; } = [];

    [JsonIgnore]
    public string? Secret { get; set; }

    public Leg? Leg { get; set; }

    public List<Leg> Legs { get; set; } = [];
}

internal sealed class Leg
{
    public int Id { get; set; }

    public decimal Miles { get; set; }
}

internal sealed class Stop
{
    public string Name { get; set; } = "";

    public DateTimeOffset? At { get; set; }

    [JsonIgnore]
    public int Visits { get; set; }
}

internal struct Size
{
    public int Width { get; set; }

    public decimal? Height { get; set; }
}

internal sealed class Fare
{
    public decimal Sum { get; set; }

    public string? Currency { get; set; }

    public FareTax Tax { get; set; } = new();

    public int Zones { get; set; }
}

internal sealed class FareTax
{
    public decimal? Rate { get; set; }
}

internal sealed class Label
{
    public string? Text { get; set; }

    public Colour? Colour { get; set; }

    [JsonIgnore]
    public int Printed { get; set; }

    public FareTax? Tax { get; set; }

    public List<FareTax> Taxes { get; set; } = [];
}
