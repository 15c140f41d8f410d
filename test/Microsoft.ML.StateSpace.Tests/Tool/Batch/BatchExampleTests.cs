namespace Microsoft.ML.StateSpace.Tests.Tool.Batch;

/// <summary>The example of a batch job, and the recipes, do what they say.</summary>
[TestClass]
public class BatchExampleTests
{
    [TestMethod]
    public void TheExampleIsKilledAndGoesOn()
    {
        string folder = Directory.CreateTempSubdirectory("statespace-").FullName;
        try
        {
            string output = Examples.Run("BatchJob", folder, BatchCase.Program, Path.Combine(folder, "job"), "40");
            StringAssert.Matches(output, new(@"killed with [1-6] of 6 files scored"));
            StringAssert.Contains(output, "out: complete, 1 shard, 6 of 6 files scored, 0 failed; 240 sequences");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // The recipes' shards are the command's: from 1, whatever the scheduler counts from.
    [TestMethod]
    [DataRow("slurm/score.sbatch", "$SLURM_ARRAY_TASK_ID/$shards")]
    [DataRow("kubernetes/indexed-job.yaml", "$((JOB_COMPLETION_INDEX + 1))/$SHARDS")]
    public void TheRecipesResumeAndSkip(string recipe, string shard)
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "examples", recipe.Replace('/', Path.DirectorySeparatorChar)));
        foreach (string part in new[] { shard, "--resume", "--on-error skip", "exec " })
            StringAssert.Contains(text, part);
    }
}
