using BoardSample;
using BoardSample.Api;
using BoardSample.Model;
using BoardSample.Seed;
using LiveHub;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
if (builder.Configuration["urls"] is null)
{
    builder.WebHost.UseUrls("http://127.0.0.1:5080");
}

try
{
    var database = builder.Configuration.GetConnectionString("Board")
        ?? throw new StartException("ConnectionStrings:Board is not set (environment: ConnectionStrings__Board).");

    builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(4));
    builder.Services.AddDbContextPool<BoardDb>(options => options.UseNpgsql(database));
    builder.Services.AddLiveHub<BoardDb>(live =>
    {
        live.Expose<Board>()
            .Expose<BoardList>(name: "List")
            .Expose<Card>()
            .Expose<Comment>()
            .Expose<Label>()
            .Expose<Member>(member => member.Hide(m => m.Email))
            .Expose("CardLabel")
            .UsePostgreSql();
        if (builder.Configuration.GetConnectionString("Redis") is { Length: > 0 } redis)
        {
            live.UseRedis(redis, options => options.Prefix = "board"); // several nodes; without it, one node in memory
        }
    });
    builder.Services.Configure<LiveHubOptions>(builder.Configuration.GetSection("LiveHub"));
    builder.Services.AddBoardApi();

    await using var app = builder.Build();
    await app.PrepareDatabaseAsync();
    app.UseBoardWeb();
    app.UseLiveHubTransactionHeader(); // the page knows by it when it shows what it has saved
    app.MapBoardApi();
    app.MapLiveHub("/live");
    await app.RunAsync();
    return 0;
}
catch (Exception e) when (e is StartException or IOException or OptionsValidationException || e.Message.StartsWith("LiveHub cannot start", StringComparison.Ordinal))
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
