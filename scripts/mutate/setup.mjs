import { beforeEach } from 'vitest'

/** Once a test has failed, none of its file's others need run. */
beforeEach(({ task, onTestFailed }) => {
  onTestFailed(() => leaveOut(task.file.tasks))
})

function leaveOut(tasks) {
  for (const task of tasks) {
    if (task.result === undefined) task.mode = 'skip'
    if (task.type === 'suite') leaveOut(task.tasks)
  }
}
