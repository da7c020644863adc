#!/usr/bin/python3
"""A benchmark's model in PyTorch's DistributedDataParallel with the backend gloo, a process per rank.

usage: ddp.py MODEL DATA_DIR RANKS STEPS [die|stop]

The batch of the model is divided among the ranks, as mnn divides it: every rank takes its rows of the same order. Prints
"steps_per_second VALUE" and "weights SHA256" of rank 0. "die" ends rank 1 with SIGKILL in the middle, "stop" with SIGSTOP; the
other ranks' messages and the exit codes of all show what a user sees.
"""
import hashlib
import os
import signal
import sys
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from torch_train import MODELS, load


def run(rank, name, folder, ranks, steps, fate):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29571")
    dist.init_process_group("gloo", rank=rank, world_size=ranks)
    make, optimizer_of, batch, shape, _ = MODELS[name]
    net = DistributedDataParallel(nn.Sequential(*make()))
    optimizer, loss_of = optimizer_of(net), nn.CrossEntropyLoss()
    x, y = load(name, folder, "train", shape)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(1))
    warm_up = min(20, steps // 2)
    for step in range(steps):
        if step == warm_up:
            begun = time.perf_counter()
        if fate and rank == 1 and step == steps // 2:
            os.kill(os.getpid(), {"die": signal.SIGKILL, "stop": signal.SIGSTOP}[fate])
        rows = order[torch.arange(step * batch, (step + 1) * batch) % len(x)]
        rows = rows[rank * batch // ranks : (rank + 1) * batch // ranks]
        optimizer.zero_grad(set_to_none=True)
        loss_of(net(x[rows]), y[rows]).backward()
        optimizer.step()
    if rank == 0:
        digest = hashlib.sha256()
        for p in net.parameters():
            digest.update(p.detach().numpy().tobytes())
        print("steps_per_second", round((steps - warm_up) / (time.perf_counter() - begun), 2))
        print("weights", digest.hexdigest(), flush=True)


def main():
    name, folder, ranks, steps = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    fate = sys.argv[5] if len(sys.argv) > 5 else ""
    context = mp.get_context("spawn")
    processes = [context.Process(target=run, args=(r, name, folder, ranks, steps, fate)) for r in range(ranks)]
    begun = time.perf_counter()
    for process in processes:
        process.start()
    for rank, process in enumerate(processes):
        process.join(None if fate != "stop" or rank == 0 else 0)
        if fate:
            print(f"rank {rank}: exit code {process.exitcode} after {time.perf_counter() - begun:.0f} s", flush=True)
    for process in processes:
        process.kill()


if __name__ == "__main__":
    main()
