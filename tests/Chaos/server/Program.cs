using System.Data.Common;
using System.Diagnostics;
using System.Transactions;
using ChaosServer;
using LiveHub;
using LiveHub.Backplane;
using LiveHub.Redis;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;

// The server of npm run chaos: an application whose writers, delays and broken rules are told from outside.
var builder = WebApplication.CreateBuilder(args);
var database = builder.Configuration.GetConnectionString("Chaos") ?? throw new InvalidOperationException("ConnectionStrings:Chaos is not set.");
var setting = builder.Configuration.GetSection("Chaos").Get<Setting>() ?? throw new InvalidOperationException("The section Chaos is not set.");
var share = builder.Configuration.GetSection("Share").Get<Share>() ?? Share.All;
var redis = builder.Configuration.GetConnectionString("Redis");
var broken = builder.Configuration["Break"];
builder.Logging.ClearProviders();
if (builder.Configuration["Trace"] is not null)
{
    builder.Logging.AddSimpleConsole(console => console.TimestampFormat = "HH:mm:ss.fff ").AddFilter("Microsoft", LogLevel.None);
}

builder.Services.AddSingleton<Delays>();
builder.Services.AddDbContextPool<ChaosDb>((services, options) => options.UseNpgsql(database).AddInterceptors(services.GetRequiredService<Delays>()));
builder.Services.AddLiveHub<ChaosDb>(live =>
{
    live.Expose<Account>().Expose<Vault>().Expose<CardList>().Expose<Card>().Expose<CardLabel>().UsePostgreSql();
    if (redis is not null)
    {
        live.UseRedis(redis, options => (options.CommandTimeout, options.HeartbeatInterval, options.StartWithoutRedis) = (TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(250), true));
    }
});
builder.Services.Configure<LiveHubOptions>(options =>
{
    // Small enough to be reached in seconds.
    options.MaxQueuedRows = 300;
    options.LogRetention.Count = 3_000;
    options.HeartbeatInterval = TimeSpan.FromSeconds(1);
});
builder.Services.AddSingleton<MemoryBackplane>();
builder.Services.AddSingleton(services =>
{
    // Soon enough for a run of half a minute, and longer than a command may take, as it is outside of tests. Unless the rule that is off is that a node is missed at all.
    var log = ActivatorUtilities.CreateInstance<RedisBackplane>(services);
    log.NodeTimeout = broken == "node" ? TimeSpan.MaxValue : TimeSpan.FromSeconds(4);
    return log;
});
builder.Services.AddSingleton<DelayedLog>(services =>
{
    IBackplane log = redis is null ? services.GetRequiredService<MemoryBackplane>() : services.GetRequiredService<RedisBackplane>();
    return new(broken is null or "node" ? log : new BrokenLog(log, broken), services.GetRequiredService<Delays>());
});
builder.Services.Replace(ServiceDescriptor.Singleton<IBackplane>(services => services.GetRequiredService<DelayedLog>()));
builder.Services.AddSingleton<Counters>().AddSingleton(setting).AddSingleton(share);
builder.Services.AddScoped<Writer>();

var app = builder.Build();
await using (var scope = app.Services.CreateAsyncScope())
{
    await scope.ServiceProvider.GetRequiredService<ChaosDb>().CreateAsync(setting);
}

var counters = app.Services.GetRequiredService<Counters>();
app.MapLiveHub("/live");
app.MapGet("/health", () => "ok");
app.MapGet("/state", (Delays delays, DelayedLog log) => new
{
    delays.Counts.Appended, delays.Counts.Late, delays.Counts.Latest, log.Held, log.Epoch, Filled = counters["livehub.backplane.filled"], Resets = counters["livehub.resets"],
});
app.MapPost("/release", (Delays delays) => delays.Release());
app.MapPost("/write", async (Write write, Writer writer) =>
{
    try
    {
        await writer.RunAsync(write);
        return Results.Ok();
    }
    catch (Exception e) when (e is DbException or DbUpdateException or TransactionException or InvalidOperationException or IOException)
    {
        // A row that is gone, a deadlock, a connection that was cut: the writer goes on with the next step.
        return Results.Problem(e.Message, statusCode: StatusCodes.Status409Conflict);
    }
});
await app.RunAsync();
