using System.Threading.Channels;
using LiveHub.Backplane;
using LiveHub.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LiveHub.PostgreSql.Tests.Hosting;

/// <summary>Contexts as applications register them, and the places where they save.</summary>
public sealed class RegistrationTests(PostgresServer server)
{
    private static readonly Dictionary<string, Action<IServiceCollection, Action<DbContextOptionsBuilder>>> Registrations = new(StringComparer.Ordinal)
    {
        ["AddDbContext"] = (services, configure) => services.AddDbContext<ShopDb>(configure),
        ["AddDbContextPool"] = (services, configure) => services.AddDbContextPool<ShopDb>(configure),
        ["AddDbContextFactory"] = (services, configure) => services.AddDbContextFactory<ShopDb>(configure),
        ["AddPooledDbContextFactory"] = (services, configure) => services.AddPooledDbContextFactory<ShopDb>(configure),
        ["AddDbContextPool and AddPooledDbContextFactory"] = (services, configure) => services.AddDbContextPool<ShopDb>(configure).AddPooledDbContextFactory<ShopDb>(configure),
        ["a factory of the application's own"] = (services, configure) => services.AddSingleton<IDbContextFactory<ShopDb>>(provider => new OwnFactory(provider, configure)),
        ["AddDbContext with UseLiveHub"] = (services, configure) => services.AddDbContext<ShopDb>((provider, options) =>
        {
            configure(options);
            options.UseLiveHub(provider);
        }),
    };

    /// <summary>The order matters to EF Core's own four.</summary>
    public static TheoryData<string, bool> Cases()
        => [.. Registrations.Keys.SelectMany<string, TheoryDataRow<string, bool>>(name => name.All(char.IsLetter) ? [new(name, true), new(name, false)] : [new(name, true)])];

    [Theory, MemberData(nameof(Cases))]
    public async Task Saves_of_endpoints_controllers_and_hosted_services_are_seen_with_whatever_is_registered_in_any_order(string registration, bool isFirst)
    {
        var connectionString = await server.CreateDatabaseAsync();
        var orders = Channel.CreateUnbounded<string>();
        await using (var app = Build(connectionString, Registrations[registration], isFirst, orders))
        {
            await using (var own = new ShopDb((DbContextOptions<ShopDb>)
                new DbContextOptionsBuilder<ShopDb>().UseNpgsql(connectionString).UseLiveHub(app.Services).UseLiveHub(app.Services).Options))
            {
                await own.Database.EnsureCreatedAsync(TestContext.Current.CancellationToken);
                await app.StartAsync(TestContext.Current.CancellationToken);
                own.Add(new Shelf());
                await own.SaveChangesAsync(TestContext.Current.CancellationToken);
                await own.Shelves.ExecuteUpdateAsync(set => set.SetProperty(s => s.Name, "own context"), TestContext.Current.CancellationToken);
            }

            var url = app.Urls.Single();
            await using var client = await RawClient.ConnectAsync(new(url.Replace("http", "ws", StringComparison.Ordinal) + "/live"));
            await client.SubscribeAsync(1, "Shelf");
            var view = await client.UntilAsync(new(), v => v.Rows(1) is not null);
            using var http = new HttpClient { BaseAddress = new(url) };
            foreach (var place in new[] { "endpoint", "controller" })
            {
                (await http.PostAsync($"/{place}?name={place}", content: null, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
            }

            orders.Writer.TryWrite("service");
            string[] expected = ["own context", .. new[] { "endpoint", "controller", "service" }.SelectMany(place => Stock.WaysOf(app.Services).Select(way => $"{place}, {way}"))];
            await client.UntilAsync(view, v => v.Rows(1)!.Count == expected.Length);
            Assert.Equal(expected.Order(StringComparer.Ordinal), view.Rows(1)!.Values.Select(r => (string)r["name"]!).Order(StringComparer.Ordinal));

            // Each save and the bulk command once, and nothing else.
            var log = app.Services.GetRequiredService<IBackplane>();
            var entries = await log.ReadRangeAsync(0, (await log.ReadHeadAsync(default)).Offset, default);
            Assert.Equal([(1, 0), (0, 1), .. Enumerable.Repeat((1, 0), expected.Length - 1)], entries!.Select(e => (e.Changeset.Changes.Length, e.Changeset.Invalidations.Length)));
            await app.StopAsync(TestContext.Current.CancellationToken);
        }

        await server.DropDatabaseAsync(connectionString);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Several_contexts_are_served_on_one_hub_also_one_that_configures_itself(bool withPostgreSql)
    {
        var market = await server.CreateDatabaseAsync();
        await using (var shop = await Shop.StartAsync(
            server,
            services: services => services.AddScoped(scope => new MarketDb(market, scope)).AddLiveHub<MarketDb>(live => Choose(live.Expose<Stall>())),
            live: live => Choose(live)))
        {
            await using var scope = shop.App.Services.CreateAsyncScope();
            var stalls = scope.ServiceProvider.GetRequiredService<MarketDb>();
            await stalls.Database.EnsureCreatedAsync(TestContext.Current.CancellationToken);
            await using var client = await RawClient.ConnectAsync(shop.HubUrl);
            await client.SendAsync("""{"type":"subscribe","subscriptions":[{"id":1,"entity":"Item"},{"id":2,"entity":"Stall"}]}""");
            var view = await client.UntilAsync(new(), v => v.Rows(1) is not null && v.Rows(2) is not null);
            await shop.AddItemsAsync(1, "cup");
            stalls.Add(new Stall { Name = "pots" });
            await stalls.SaveChangesAsync(TestContext.Current.CancellationToken);
            await client.UntilAsync(view, v => v.Rows(1)!.Count == 1 && v.Rows(2)!.Count == 1);
            Assert.Equal(("cup", "pots"), ((string?)view.Rows(1)!["1"]["name"], (string?)view.Rows(2)!["1"]["name"]));
        }

        await server.DropDatabaseAsync(market);

        void Choose<TContext>(LiveHubBuilder<TContext> live)
            where TContext : DbContext
            => _ = withPostgreSql ? live.UsePostgreSql() : live;
    }

    [Fact]
    public void Options_that_cannot_be_attached_are_refused_with_the_remedy()
    {
        using var services = new ServiceCollection().AddLogging()
            .AddLiveHub<ShopDb>(live => live.Expose<Shelf>().UsePostgreSql())
            .AddLiveHub<MarketDb>(live => live.Expose<Stall>())
            .BuildServiceProvider();
        var unknown = Assert.Throws<InvalidOperationException>(() => new DbContextOptionsBuilder<IdleDb>().UseLiveHub(services));
        Assert.Contains("AddLiveHub<IdleDb> was not called", unknown.Message, StringComparison.Ordinal);
        var unclear = Assert.Throws<InvalidOperationException>(() => new DbContextOptionsBuilder().UseLiveHub(services));
        Assert.Contains("MarketDb and ShopDb differ. Use DbContextOptionsBuilder<TContext>", unclear.Message, StringComparison.Ordinal);
        Assert.NotNull(new DbContextOptionsBuilder<ShopDb>().UseLiveHub(services));
    }

    private static WebApplication Build(
        string connectionString, Action<IServiceCollection, Action<DbContextOptionsBuilder>> register, bool isFirst, Channel<string> orders)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        if (isFirst)
        {
            register(builder.Services, options => options.UseNpgsql(connectionString));
        }

        builder.Services.AddLiveHub<ShopDb>(live => live.Expose<Shelf>().UsePostgreSql());
        if (!isFirst)
        {
            register(builder.Services, options => options.UseNpgsql(connectionString));
        }

        builder.Services.AddSingleton(orders.Reader).AddHostedService<StockService>();
        builder.Services.AddControllers().AddApplicationPart(typeof(StockController).Assembly);
        var app = builder.Build();
        app.MapLiveHub("/live");
        app.MapControllers();
        app.MapPost("/endpoint", (string name, IServiceProvider services) => Stock.AddAsync(services, name));
        return app;
    }

    private sealed class OwnFactory(IServiceProvider services, Action<DbContextOptionsBuilder> configure) : IDbContextFactory<ShopDb>
    {
        public ShopDb CreateDbContext()
        {
            var options = new DbContextOptionsBuilder<ShopDb>();
            configure(options);
            options.UseLiveHub(services);
            return new(options.Options);
        }
    }

    /// <summary>Its options say neither of which type it is nor, before OnConfiguring, anything else.</summary>
    private sealed class MarketDb(string connectionString, IServiceProvider services) : DbContext
    {
        public DbSet<Stall> Stalls => Set<Stall>();

        protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) => optionsBuilder.UseNpgsql(connectionString).UseLiveHub(services);
    }

    private sealed class IdleDb(DbContextOptions<IdleDb> options) : DbContext(options);

    private sealed class Stall
    {
        public int Id { get; set; }

        public string Name { get; set; } = "";
    }
}
