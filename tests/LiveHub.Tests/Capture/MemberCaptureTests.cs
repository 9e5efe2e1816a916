using System.Text.Json;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Tests.Model;
using LiveHub.Tests.Snapshots;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Tests.Capture;

/// <summary>A change inside an owned or complex type is a change of the row: of that column, and of no other.</summary>
public sealed class MemberCaptureTests(MembersServer server) : IClassFixture<MembersServer>
{
    private static int _lastId;

    private static readonly Dictionary<string, Action<Trip>> Changes = new()
    {
        ["name"] = t => t.Name = "new",
        ["raw"] = t => t.Raw = "{\"b\": 2}",
        ["document"] = t => t.Document = JsonDocument.Parse("[2]"),
        ["settings"] = t => t.Settings = new("light", []),
        ["words"] = t => t.Words.Add("more"),
        ["numbers"] = t => t.Numbers = null,
        ["sums"] = t => t.Sums[0] = 2,
        ["blobs"] = t => t.Blobs = [[1], [2, 4]],
        ["guest: a value"] = t => t.Guest.Phone = "112",
        ["guest: another instance"] = t => t.Guest = new() { Name = "Bea" },
        ["guest: a value of what is nested"] = t => t.Guest.Place!.Latitude = 2.5m,
        ["guest: what is nested goes"] = t => t.Guest.Place = null,
        ["remark: comes"] = t => t.Remark = new() { Weight = 1 },
        ["insurance: goes"] = t => t.Insurance = null,
        ["insurance: another instance"] = t => t.Insurance = new() { Sum = 2.25m },
        ["plan: a value"] = t => t.Plan!.Number = 2,
        ["plan: an item more"] = t => t.Plan!.Tags.Add("z"),
        ["plan: goes"] = t => t.Plan = null,
        ["plan: another instance"] = t => t.Plan = new() { Title = "other", Legs = [new() { Id = 8 }] },
        ["plan: what is nested comes"] = t => t.Plan!.Leg = new() { Miles = 1.5m },
        ["plan: a value in a list"] = t => t.Plan!.Legs[1].Miles = 99,
        ["plan: another in a list"] = t => t.Plan!.Legs.Add(new() { Id = 9 }),
        ["stops: a value"] = t => t.Stops[1].Name = "quay",
        ["stops: one more"] = t => t.Stops.Add(new() { Name = "quay" }),
        ["stops: one less"] = t => t.Stops.RemoveAt(1),
        ["stops: none"] = t => t.Stops.Clear(),
        ["past"] = t => t.AddPast(new() { Name = "once" }),
        ["size"] = t => t.Size = t.Size with { Height = 1.5m },
        ["limit: comes"] = t => t.Limit = new Size { Width = 1 },
        ["fare: a value"] = t => t.Fare!.Sum = 2,
        ["fare: a value of what is nested"] = t => t.Fare!.Tax.Rate = 0.25m,
        ["fare: goes"] = t => t.Fare = null,
        ["label: a value"] = t => t.Label.Text = "new",
        ["label: what is nested comes"] = t => t.Label.Tax = new() { Rate = 1 },
        ["label: a value in a list"] = t => t.Label.Taxes[0].Rate = 3,
        ["sticker: comes"] = t => t.Sticker = new() { Text = "s" },
        ["scans: a value"] = t => t.Scans[0].Text = "new",
        ["scans: one more"] = t => t.Scans.Add(new() { Text = "x" }),
        ["scans: none"] = t => t.Scans.Clear(),
    };

    private static readonly Dictionary<string, Action<Trip>> Unseen = new()
    {
        ["a hidden member"] = t => t.Agent = new() { Text = "007" },
        ["an ignored value"] = t => t.Guest.Secret = "new",
        ["an ignored value, and another instance"] = t => t.Guest = new() { Name = "Ann", Secret = "new", Place = new() { Latitude = 1.5m } },
        ["an ignored value in JSON"] = t => t.Plan!.Secret = "new",
        ["an ignored value in a list"] = t => t.Stops[1].Visits = 9,
        ["an ignored value of a complex type"] = t => t.Label.Printed = 9,
        ["rows of another table"] = t => t.Bills.Add(new() { Place = new() { Latitude = 1 } }),
        ["rows of another table of an owned type"] = t => t.Guest.Calls.Add(new() { Number = "1" }),
    };

    public static TheoryData<string> ChangeNames => [.. Changes.Keys];

    public static TheoryData<string> UnseenNames => [.. Unseen.Keys];

    [Theory]
    [MemberData(nameof(ChangeNames))]
    public async Task G2_a_change_inside_a_member_is_a_change_of_that_column(string name)
    {
        var id = await AddAsync();
        var change = await server.ChangeAsync(id, (trip, _) => Changes[name](trip));
        Assert.Equal(Operation.Update, change!.Operation);
        Assert.Equal([name.Split(':')[0]], Changed(change));
        await IsWhatSnapshotsReadAsync(change);
    }

    [Theory]
    [MemberData(nameof(UnseenNames))]
    public async Task A4_what_a_member_does_not_show_changes_unheard(string name)
    {
        var id = await AddAsync();
        Assert.Null(await server.ChangeAsync(id, (trip, _) => Unseen[name](trip)));
    }

    [Fact]
    public async Task A_new_row_has_its_members_and_a_deleted_one_is_told_by_its_key()
    {
        var id = Interlocked.Increment(ref _lastId);
        var trip = Sample(id);
        var start = (await server.Log.ReadHeadAsync(default)).Offset;
        await server.SaveAsync(trip);
        var change = Assert.Single(Assert.Single((await server.Log.ReadRangeAsync(start, start + 1, default))!).Changeset.Changes);
        Assert.Equal(Operation.Insert, change.Operation);
        await IsWhatSnapshotsReadAsync(change);
        change = await server.ChangeAsync(id, (t, db) => db.Remove(t));
        Assert.Equal(Operation.Delete, change!.Operation);
    }

    [Fact]
    public async Task What_is_changed_and_changed_back_in_one_transaction_is_no_change()
    {
        var id = await AddAsync();
        var start = (await server.Log.ReadHeadAsync(default)).Offset;
        await server.WithDbAsync(async db =>
        {
            var trip = await db.Trips.SingleAsync(t => t.Id == id);
            await using var transaction = await db.Database.BeginTransactionAsync();
            trip.Guest.Phone = "112";
            trip.Stops[0].Name = "elsewhere";
            await db.SaveChangesAsync();
            trip.Guest.Phone = null;
            trip.Stops[0].Name = "pier";
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
            return 0;
        });
        Assert.Equal(start, (await server.Log.ReadHeadAsync(default)).Offset);
    }

    [Fact]
    public async Task A_row_does_not_follow_what_the_application_does_to_a_list_afterwards()
    {
        var id = await AddAsync();
        Trip? kept = null;
        var change = await server.ChangeAsync(id, (trip, _) => (kept = trip).Numbers = [7]);
        kept!.Numbers![0] = 8;
        Assert.Equal(new int?[] { 7 }, change!.After![server.Trip.FindExposed("numbers")!.Ordinal]);
    }

    [Fact]
    public async Task An_update_of_an_instance_that_was_not_read_carries_its_members()
    {
        var id = Interlocked.Increment(ref _lastId);
        await server.SaveAsync(new Trip { Id = id });
        var start = (await server.Log.ReadHeadAsync(default)).Offset;
        await server.WithDbAsync(db =>
        {
            // EF Core takes no lists of owned types that it has not read.
            db.Update(new Trip { Id = id, Guest = new() { Name = "put" }, Plan = new() { Title = "put" }, Scans = [new() { Text = "put" }], Words = ["put"] });
            return db.SaveChangesAsync();
        });
        var change = Assert.Single(Assert.Single((await server.Log.ReadRangeAsync(start, start + 1, default))!).Changeset.Changes);
        Assert.Equal(Operation.Insert, change.Operation);
        await IsWhatSnapshotsReadAsync(change);
    }

    private async Task<int> AddAsync()
    {
        var id = Interlocked.Increment(ref _lastId);
        await server.SaveAsync(Sample(id));
        return id;
    }

    private IEnumerable<string> Changed(Change change) => change.Entity.Columns.Where(c => change.Changed.Contains(c.Ordinal)).Select(c => c.Name);

    private async Task IsWhatSnapshotsReadAsync(Change change)
    {
        var row = (await server.SnapshotAsync())[(int)change.Key[0]!];
        foreach (var column in change.Entity.Exposed)
        {
            Assert.True(Values.AreEqual(row[column.Ordinal], change.After![column.Ordinal]), $"{column}: {row[column.Ordinal]} and captured {change.After[column.Ordinal]}");
        }
    }

    private static Trip Sample(int id)
    {
        var trip = new Trip
        {
            Id = id,
            Name = "n",
            Raw = "{\"a\": 1}",
            Document = JsonDocument.Parse("[1]"),
            Settings = new("dark", [1]),
            Words = ["a"],
            Numbers = [1, null],
            Sums = [1.50m],
            Blobs = [[1], [2, 3]],
            Guest = new() { Name = "Ann", Secret = "hush", Place = new() { Latitude = 1.5m } },
            Insurance = new() { Sum = 1.50m },
            Plan = new() { Title = "north", Tags = ["x"], Legs = [new() { Id = 1, Miles = 0.10m }, new() { Id = 2 }] },
            Stops = [new() { Name = "pier" }, new() { Name = "lock" }, new() { Name = "pier" }],
            Size = new() { Width = 3 },
            Fare = new() { Sum = 1.5m, Currency = "EUR" },
            Label = new() { Text = "l", Taxes = [new() { Rate = 1 }] },
            Scans = [new() { Text = "a" }, new() { Text = "b" }],
        };
        trip.AddPast(new() { Name = "before" });
        return trip;
    }
}
