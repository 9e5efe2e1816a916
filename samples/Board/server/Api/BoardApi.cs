using BoardSample.Model;
using Microsoft.EntityFrameworkCore;

namespace BoardSample.Api;

/// <summary>The sample's HTTP API under <c>/api</c>, and <c>/health</c>.</summary>
internal static class BoardApi
{
    public static void AddBoardApi(this IServiceCollection services)
    {
        services.AddProblemDetails();
        services.AddExceptionHandler<Problems>();
        services.ConfigureHttpJsonOptions(http =>
        {
            http.SerializerOptions.NumberHandling = ApiJson.Options.NumberHandling;
            http.SerializerOptions.Converters.Add(ApiJson.Times);
        });
    }

    public static void MapBoardApi(this WebApplication app)
    {
        using var scope = app.Services.CreateScope();
        var model = scope.ServiceProvider.GetRequiredService<BoardDb>().Model;
        var sets = new RowSets(model);

        // Whatever ends without a body, such as a path that is not there, gets problem+json too.
        app.UseExceptionHandler();
        app.UseStatusCodePages(async context =>
            await TypedResults.Problem(statusCode: context.HttpContext.Response.StatusCode).ExecuteAsync(context.HttpContext));

        var api = app.MapGroup("/api");
        foreach (var set in sets.All)
        {
            api.MapRows(set);
        }

        api.MapCardLabels(sets.Find("cards"), sets.Find("labels"));
        api.MapTransaction(sets);
        api.MapBulk(sets.Find("cards"));
        api.MapSql(model);
        app.MapGet("/health", HealthAsync);
    }

    /// <summary>The server listens only once the database is migrated and seeded; what is left to ask is whether it still answers.</summary>
    private static async Task<IResult> HealthAsync(BoardDb db, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            await db.Boards.AnyAsync(limit.Token);
            return TypedResults.Ok(new { status = "ok" });
        }
        catch (Exception e) when (!token.IsCancellationRequested && (e is OperationCanceledException || Problems.Describe(e).Status >= 500))
        {
            return TypedResults.Problem("The database does not answer.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }
}
