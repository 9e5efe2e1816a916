using FuzzServer;
using LiveHub;
using Microsoft.AspNetCore.SignalR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;

// The server that fuzzers attack: an ordinary application that also reports how it is.
var builder = WebApplication.CreateBuilder(args);
var database = builder.Configuration.GetConnectionString("Fuzz") ?? throw new InvalidOperationException("ConnectionStrings:Fuzz is not set.");
var faults = new Faults();
builder.Logging.ClearProviders().AddProvider(faults);
builder.Services.AddSingleton(faults);
builder.Services.AddSingleton<Meters>();
builder.Services.AddSingleton<Breaks>();

// What grows up to a limit of its own is small here, so that what has none shows: the log, and EF Core's plans.
builder.Services.Configure<LiveHubOptions>(options => options.LogRetention.Count = 100);
builder.Services.AddSingleton(new MemoryCache(new MemoryCacheOptions { SizeLimit = 2_000 }));
builder.Services.AddDbContextPool<FuzzDb>((services, options) => options.UseNpgsql(database).UseMemoryCache(services.GetRequiredService<MemoryCache>()));
builder.Services.AddLiveHub<FuzzDb>(live => live
    .Expose<Thing>(thing => thing.Hide(t => t.Secret))
    .Expose<Link>()
    .UsePostgreSql());
builder.Services.AddSignalR(options => options.AddFilter<Breaks>());

var app = builder.Build();
await using (var scope = app.Services.CreateAsyncScope())
{
    await FuzzDb.CreateAsync(scope.ServiceProvider.GetRequiredService<FuzzDb>());
}

app.Services.GetRequiredService<Meters>().Start();
app.MapLiveHub("/live");
app.MapGet("/health", () => "ok");
app.MapGet("/state", (Meters meters, Faults found) => State.Take(meters, found));
app.MapPost("/write", async (int id, string text, FuzzDb db) =>
{
    (await db.Things.SingleAsync(t => t.Id == id)).Text = text;
    await db.SaveChangesAsync();
});
app.MapPost("/break", (string? what, Breaks breaks) =>
{
    breaks.What = what;
});
await app.RunAsync();
