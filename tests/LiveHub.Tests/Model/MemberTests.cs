using System.Text.Json.Serialization;
using LiveHub.Model;
using LiveHub.Protocol;
using LiveHub.Shapes;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LiveHub.Tests.Model;

/// <summary>Which owned and complex types are columns, and what is refused.</summary>
public sealed class MemberTests
{
    private static readonly LiveModel Model = Catalog.ModelOf<MembersDb>(MembersDb.Expose);

    private static readonly Entity Trip = Model.Find("Trip")!;

    [Fact]
    public void Members_are_columns_after_the_properties()
    {
        Assert.Equal(["fare", "label", "limit", "scans", "size", "sticker", "guest", "insurance", "past", "plan", "remark", "stops"],
            Trip.Exposed.Where(c => c.Member is not null).Select(c => c.Name));
        Assert.DoesNotContain(Trip.Columns.SkipWhile(c => c.Member is null), c => c.Member is null);
        Assert.Equal("plan_of_trip", Trip.FindExposed("plan")!.Member!.Container);
        Assert.Empty(Trip.FindExposed("plan")!.Member!.Leaves);
        Assert.Equal(["Name", "Phone", "Latitude", "Longitude"], Trip.FindExposed("guest")!.Member!.Leaves.Select(l => l.Name));
        Assert.Null(Trip.FindExposed("guest")!.Member!.Container);
    }

    [Fact]
    public void A_member_is_hidden_and_picked_by_its_name()
    {
        Assert.Null(Trip.FindExposed("agent"));
        Assert.DoesNotContain(Trip.Columns, c => c.PropertyName == "Agent");
        Assert.Equal(["id", "address"], Names(live => live.Expose<House>()));
        Assert.Equal(["id"], Names(live => live.Expose<House>(h => h.Hide(x => x.Address))));
        Assert.Equal(["id", "address"], Names(live => live.Expose<House>(h => h.Columns("Address"))));
        Assert.Equal(["id"], Names(live => live.Expose<House>(h => h.Columns("Id"))));
    }

    [Fact]
    public async Task What_has_a_table_of_its_own_is_left_out_and_the_log_says_so()
    {
        Assert.Equal(["Bills", "Guest.Calls"], Trip.Apart);
        using var log = new LogLines();
        await using var services = Catalog.ServicesOf<MembersDb>(MembersDb.Expose, more: s => s.AddSingleton<ILoggerProvider>(log));
        await services.GetServices<IHostedService>().First().StartAsync(default);
        Assert.Contains(log.Texts, text => text.Contains("does not show Bills, Guest.Calls of Trip", StringComparison.Ordinal) && text.Contains("ToJson", StringComparison.Ordinal));
        Assert.Empty(Catalog.ModelOf<MembersDb>(live => live.Expose<Trip>(t => t.Hide(x => x.Bills).Hide(x => x.Guest))).Find("Trip")!.Apart);
        Assert.Contains("Trip.Bills: its rows are in a table of their own", Faults<MembersDb>(live => live.Expose<Trip>(t => t.Columns("Bills"))), StringComparison.Ordinal);
    }

    [Fact]
    public void What_has_no_form_on_the_wire_inside_a_member_is_refused_until_it_is_hidden()
    {
        var faults = Faults<InnerDb>(live => live.Expose<Outer>());
        Assert.Contains("Outer.Inner.Deep.Origin: values of type IPAddress have no form on the wire", faults, StringComparison.Ordinal);
        Assert.Contains("Hide(x => x.Inner)", faults, StringComparison.Ordinal);
        Assert.Contains("[JsonIgnore]", faults, StringComparison.Ordinal);
        Assert.Contains("Outer.Same: the properties URL and Url would both be called 'url'", faults, StringComparison.Ordinal);
        Assert.DoesNotContain("Ignored", faults, StringComparison.Ordinal);
        Assert.Equal("", Faults<InnerDb>(live => live.Expose<Outer>(o => o.Hide(x => x.Inner).Hide(x => x.Same))));
    }

    [Theory]
    [InlineData("guest")]
    [InlineData("stops")]
    [InlineData("size")]
    [InlineData("raw")]
    [InlineData("document")]
    [InlineData("settings")]
    [InlineData("words")]
    public void G12_nothing_can_be_filtered_by_JSON_or_by_a_list(string column)
    {
        var reader = new ShapeReader(Model, Options.Create(new LiveHubOptions()));
        using var where = System.Text.Json.JsonDocument.Parse($"{{\"{column}\":null}}");
        var refused = Assert.Throws<RefusedException>(() => reader.Read(new(1, "Trip", null, where.RootElement, null, null)));
        Assert.Equal(ErrorCodes.NotSupported, refused.Code);
        Assert.Contains($"Trip.{column}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_query_filter_over_a_member_over_JSON_or_over_a_list_is_refused()
    {
        Refused(t => t.Guest.Name == "a", "t.Guest.Name");
        Refused(t => t.Remark == null, "'Remark', which is an owned or complex type");
        Refused(t => EF.Property<Remark>(t, "Remark") != null, "'Remark', which is an owned or complex type");
        Refused(t => t.Size.Width > 1, "t.Size.Width");
        Refused(t => t.Raw == null, "'Raw', which is JSON or a list");
        Refused(t => t.Words == null, "'Words', which is JSON or a list");
        Refused(t => t.Agent == null, "'Agent', which is not a column");
    }

    [Fact]
    public void JSON_cannot_be_a_key()
        => Assert.Contains("Keyed.Id: values of type String cannot be a key", Faults<InnerDb>(live => live.Expose<Keyed>()), StringComparison.Ordinal);

    [Fact]
    public void Text_that_is_unknown_is_equal_to_no_value_of_a_member()
    {
        var plan = Trip.FindExposed("plan")!.Member!;
        Assert.NotEqual(JsonText.Unknown, plan.FromStored("{}"));
        Assert.Null(plan.FromStored("null"));
        Assert.Null(plan.FromInstance(null));
        Assert.Equal("[]", Trip.FindExposed("stops")!.Member!.FromStored("null")!.Value.Value);
    }

    private static void Refused(System.Linq.Expressions.Expression<Func<Trip, bool>> filter, string named)
        => Assert.Contains(named, Assert.Throws<RowFilterException>(() => RowFilter.Compile([filter], Trip.Columns)).Message, StringComparison.Ordinal);

    private static IEnumerable<string> Names(Action<LiveHubBuilder<OddDb>> expose) => Catalog.ModelOf(expose).Find("House")!.Exposed.Select(c => c.Name);

    private static string Faults<TContext>(Action<LiveHubBuilder<TContext>> expose)
        where TContext : DbContext
    {
        try
        {
            _ = Catalog.ModelOf(expose).Entities;
            return "";
        }
        catch (InvalidOperationException e)
        {
            return e.Message;
        }
    }

    private sealed class InnerDb(DbContextOptions<InnerDb> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.Entity<Outer>().OwnsOne(o => o.Inner, inner => inner.OwnsOne(i => i.Deep));
            modelBuilder.Entity<Outer>().OwnsOne(o => o.Same, same => same.ToJson());
            modelBuilder.Entity<Outer>().OwnsOne(o => o.Ignored);
            modelBuilder.Entity<Keyed>().Property(k => k.Id).HasColumnType("jsonb");
        }
    }

    private sealed class Keyed
    {
        public string Id { get; set; } = "";
    }

    private sealed class Outer
    {
        public int Id { get; set; }

        public Inner Inner { get; set; } = new();

        public Twin Same { get; set; } = new();

        [JsonIgnore]
        public Deep Ignored { get; set; } = new();
    }

    private sealed class Inner
    {
        public string Name { get; set; } = "";

        public Deep? Deep { get; set; }
    }

    private sealed class Deep
    {
        public System.Net.IPAddress? Origin { get; set; }
    }
}
