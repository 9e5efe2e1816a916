using LiveHub.Capture;
using LiveHub.Model;
using LiveHub.Tests.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests.Snapshots;

/// <summary>A member has one text, however it is read.</summary>
public sealed class MemberSnapshotTests(MembersServer server) : IClassFixture<MembersServer>
{
    [Fact]
    public async Task G2_a_snapshot_a_tracked_instance_and_the_stored_columns_give_the_same_text()
    {
        await SaveAsync(1000, 150);
        await AllAgreeAsync();
    }

    [Fact]
    public async Task G2_rows_that_EF_Core_did_not_write_give_the_same_text()
    {
        await SaveAsync(2000, 13);
        foreach (var (id, set) in new (int, string)[]
        {
            (2000, "\"Stops\" = null, \"Scans\" = '[]', \"plan_of_trip\" = '{}', \"Past\" = null"),
            (2001, "\"plan_of_trip\" = '{\"t\": \"x\", \"l\": {}, \"Legs\": [{}, {\"Id\": 5}], \"Unknown\": [1, {\"t\": 2}], \"Title\": \"no\"}'"),
            (2002, "\"plan_of_trip\" = '{\"Legs\": null, \"l\": null, \"Number\": 9007199254740993, \"Cost\": 1.10}'"),
            (2003, "\"Stops\" = '[{}, {\"Name\": \"a\", \"At\": \"2026-11-21T12:15:19.5+02:00\"}]'"),
            (2004, "\"Label\" = '{\"Taxes\": [{}, {\"Rate\": 1.0}]}', \"Sticker\" = '{}'"),
            (2005, "\"Insurance_Sum\" = null, \"Insurance_Until\" = '2026-01-01', \"Insurance_Company\" = 'x'"),
            (2006, "\"Insurance_Sum\" = 1.5, \"Insurance_Until\" = '2026-01-01', \"Insurance_Company\" = null"),
            (2007, "\"Remark_Text\" = null, \"Remark_Weight\" = 0"),
            (2008, "\"Guest_Place_Latitude\" = null, \"Guest_Place_Longitude\" = 1e300, \"Guest_Phone\" = null"),
            (2009, "\"Fare_Sum\" = null, \"Fare_Zones\" = 2, \"Fare_Currency\" = 'EUR', \"Fare_Tax_Rate\" = 1.5"),
            (2010, "\"Fare_Sum\" = 0, \"Fare_Zones\" = 0, \"Fare_Currency\" = null, \"Fare_Tax_Rate\" = null, \"Limit_Width\" = 1, \"Limit_Height\" = null"),
            (2012, "\"Fare_Sum\" = 1, \"Fare_Zones\" = null"),
            (2011, "\"Limit_Width\" = null, \"Limit_Height\" = 1.5, \"Raw\" = 'null', \"AsTyped\" = ' {\"a\" :1}\n'"),
        })
        {
            await server.ExecuteAsync($"update \"Trips\" set {set} where \"Id\" = {id}");
        }

        await AllAgreeAsync();
        var rows = await server.SnapshotAsync();
        Assert.Equal("[]", Text(rows[2000], "stops"));
        Assert.Equal("[]", Text(rows[2000], "past"));
        Assert.Null(Text(rows[2005], "insurance"));
        Assert.Equal("""{"company":null,"sum":"1.50","until":"2026-01-01"}""", Text(rows[2006], "insurance"));
        Assert.Equal("""{"text":null,"weight":"0"}""", Text(rows[2007], "remark"));
        Assert.Null(Text(rows[2009], "fare"));
        Assert.Equal("""{"currency":null,"sum":"0","zones":0,"tax":{"rate":null}}""", Text(rows[2010], "fare"));
        Assert.Null(Text(rows[2011], "limit"));
    }

    [Fact]
    public async Task A_member_is_written_like_columns_of_its_types_with_what_is_nested_in_it()
    {
        await server.SaveAsync(new Trip
        {
            Id = 1,
            Raw = "{\"b\":1,\"a\":[]}",
            Settings = new("dark", [1]),
            Words = ["a", "ü"],
            Numbers = [1, null],
            Sums = [1.50m],
            Colours = [Colour.Red],
            Blobs = [[1]],
            Guest = new() { Name = "Ann", Secret = "hush", Place = new() { Latitude = 1.50m } },
            Plan = new()
            {
                Title = "north", Number = 1L << 60, Cost = 10.50m, From = new(2026, 11, 21, 12, 0, 0, 500, TimeSpan.Zero), Day = new(2026, 11, 21), Time = new(8, 30),
                Length = TimeSpan.FromHours(1.5), Bytes = [1], Colour = Colour.Red, Named = Colour.Green, Code = new("A-1"), Tags = ["x", null], Secret = "hush",
                Legs = [new() { Id = 3, Miles = 0.10m }],
            },
            Stops = [new() { Name = "pier", Visits = 9 }],
            Size = new() { Width = 2 },
            Label = new() { Text = "l", Colour = Colour.Black, Taxes = [new()] },
        });
        var row = (await server.SnapshotAsync())[1];
        Assert.Equal("""{"a": [], "b": 1}""", Text(row, "raw"));
        Assert.Equal("""{"Theme":"dark","Sizes":[1]}""", Text(row, "settings"));
        Assert.Equal("""{"name":"Ann","phone":null,"place":{"latitude":"1.50","longitude":null}}""", Text(row, "guest"));
        Assert.Equal("""
            {"at":"1970-01-01T00:00:00.000000Z","bytes":"AQ==","code":"A-1","colour":"Red","cost":"10.50","day":"2026-11-21",
            "from":"2026-11-21T12:00:00.500000Z","key":"00000000-0000-0000-0000-000000000000","length":"PT1H30M","named":"Green",
            "number":"1152921504606846976","ratio":null,"sure":false,"tags":["x",null],"time":"08:30:00.000000","title":"north",
            "leg":null,"legs":[{"id":3,"miles":"0.10"}]}
            """.ReplaceLineEndings(""), Text(row, "plan"));
        Assert.Equal("""[{"at":null,"name":"pier"}]""", Text(row, "stops"));
        Assert.Equal("""{"height":null,"width":2}""", Text(row, "size"));
        Assert.Equal("""{"colour":"Black","text":"l","tax":null,"taxes":[{"rate":null}]}""", Text(row, "label"));
        Assert.Equal("[]", Text(row, "scans"));
        Assert.Null(Text(row, "remark"));
        Assert.Null(Text(row, "sticker"));
        Assert.Equal("""["a","ü"]""", Written(row, "words"));
        Assert.Equal("[1,null]", Written(row, "numbers"));
        Assert.Equal("""["1.50"]""", Written(row, "sums"));
        Assert.Equal("""["Red"]""", Written(row, "colours"));
        Assert.Equal("""["AQ=="]""", Written(row, "blobs"));
        Assert.Equal("""{"name":"Ann","phone":null,"place":{"latitude":"1.50","longitude":null}}""", Written(row, "guest"));
        await server.ExecuteAsync("delete from \"Trips\" where \"Id\" = 1");
    }

    [Fact]
    public async Task Members_can_be_asked_for_alone_and_left_out()
    {
        await server.SaveAsync(new Trip { Id = 2, Name = "n", Stops = [new() { Name = "s" }] });
        foreach (var column in server.Trip.Exposed.Where(c => c.Member is not null))
        {
            var row = (await server.SnapshotAsync(column.Name))[2];
            Assert.Equal((await server.StoredAsync(column))[2], row[column.Ordinal]);
            Assert.Null(row[server.Trip.FindExposed("name")!.Ordinal]);
        }

        var whole = (await server.SnapshotAsync())[2];

        // EF Core takes its time over a query of so many members: not each of them is left out once.
        foreach (var left in server.Trip.Exposed.Where(c => !c.IsKey).Where((_, i) => i % 6 == 5))
        {
            var row = (await server.SnapshotAsync([.. server.Trip.Exposed.Where(c => c != left).Select(c => c.Name)]))[2];
            Assert.All(server.Trip.Exposed, c => Assert.True(Values.AreEqual(c == left ? null : whole[c.Ordinal], row[c.Ordinal]), $"{c} without {left}"));
        }

        await server.ExecuteAsync("delete from \"Trips\" where \"Id\" = 2");
    }

    private async Task SaveAsync(int first, int count)
        => await server.SaveAsync([.. Always.Sample(Trips.All, count).Select((trip, i) =>
        {
            trip.Id = first + i;
            return trip;
        })]);

    private async Task AllAgreeAsync()
    {
        var snapshot = await server.SnapshotAsync();
        var tracked = await server.WithDbAsync(async db =>
        {
            var type = server.Services.GetRequiredService<LiveModel>().For(db)!.Find(db.Model.FindEntityType(typeof(Trip))!)!;
            return (await db.Trips.ToListAsync()).ToDictionary(t => t.Id, t => RowReader.ReadCurrent(type, db.Entry(t)));
        });
        foreach (var column in server.Trip.Exposed)
        {
            // Settings are what the application's serializer makes of them, which is not how jsonb shows them.
            var stored = column.Member is not null || column.Name is "raw" or "asTyped" or "document" or "element" ? await server.StoredAsync(column) : null;
            foreach (var (id, row) in snapshot)
            {
                Assert.True(Values.AreEqual(row[column.Ordinal], tracked[id][column.Ordinal]), $"{column} {id}: {row[column.Ordinal]} and tracked {tracked[id][column.Ordinal]}");
                Assert.True(stored is null || Equals(row[column.Ordinal], stored[id]), $"{column} {id}: {row[column.Ordinal]} and stored {stored?[id]}");
            }
        }
    }

    private string? Text(Row row, string column) => ((JsonText?)row[server.Trip.FindExposed(column)!.Ordinal])?.Value;

    private string Written(Row row, string column)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using var writer = new System.Text.Json.Utf8JsonWriter(buffer, WireJson.WriterOptions);
        LiveHub.Shapes.RowWriter.WriteValue(writer, server.Trip.FindExposed(column)!, row[server.Trip.FindExposed(column)!.Ordinal]);
        writer.Flush();
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
